-- The keys that receipts are signed with: one signs, and the public keys of those before it stay, so that
-- earlier receipts can be verified.
create table receipt_keys (
  -- the RFC 7638 thumbprint of the public key
  id text primary key,
  -- the public key itself, 32 bytes in base64url
  x text not null,
  -- PKCS #8, encrypted with the master key; null: it signs no longer
  private_key bytea,
  created_at timestamptz not null default now(),
  retired_at timestamptz,
  check ((private_key is null) = (retired_at is not null))
);

create unique index receipt_keys_current on receipt_keys ((true)) where retired_at is null;

-- Who may have signed by a certificate in the place of a key (Sigstore): [{"issuer": …, "subject": …}]
alter table signature_rules add column identities jsonb not null default '[]';

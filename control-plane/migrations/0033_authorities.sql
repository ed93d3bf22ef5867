-- While agents move to a new certificate authority, the one before is trusted beside it. `is_current`
-- issues certificates. `cross_pem` is the certificate of its key by the authority before: with it, who
-- trusts that one only also believes what the new one has issued.
alter table certificate_authority drop column only_one;
-- SHA-256 of the certificate's DER, base64url: what a join token pins.
alter table certificate_authority add column fingerprint text;
update certificate_authority set fingerprint = translate(encode(sha256(decode(
  regexp_replace(certificate_pem, '-----[A-Z ]+-----|\s', '', 'g'), 'base64')), 'base64'), '+/=', '-_');
alter table certificate_authority add primary key (fingerprint);
alter table certificate_authority add column is_current boolean not null default true;
alter table certificate_authority add column cross_pem text;
create unique index certificate_authority_current on certificate_authority (is_current) where is_current;

-- Which authority issued it, by its fingerprint; null: it is not known.
alter table server_certificates add column authority text;
update server_certificates set authority = (select fingerprint from certificate_authority);

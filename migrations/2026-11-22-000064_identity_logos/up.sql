-- The picture that a company puts on its documents.
CREATE TABLE identity.logos (
    tenant_id uuid PRIMARY KEY REFERENCES identity.tenants (tenant_id),
    media_type text NOT NULL CHECK (media_type IN ('image/png', 'image/jpeg')),
    content bytea NOT NULL CHECK (length(content) <= 262144)
);
ALTER TABLE identity.logos ALTER COLUMN content SET STORAGE EXTERNAL;
SELECT platform.tenant_table('identity.logos', 'cauce_identity');

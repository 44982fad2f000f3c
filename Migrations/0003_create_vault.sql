-- Purpose: the vault: one wrapped key a tenant, and credentials whose versions are sealed with it.
-- Locks: none (creates new objects only).
--
-- Nothing here can be read without the master key, which is never in the database. wrapped_key is the tenant's key
-- under the master key; sealed_value is a credential under the tenant's key, with the row's own identity as
-- associated data: a value that is moved to another row does not open.

CREATE TABLE millwright.tenant_key (
  partner_id uuid NOT NULL,
  key_version integer NOT NULL,
  -- Names the master key without telling it: the first bytes of a keyed hash. A wrong master key is said to be wrong.
  master_key_fingerprint text NOT NULL,
  wrapped_key bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  rewrapped_at timestamptz,
  CONSTRAINT tenant_key_pkey PRIMARY KEY (partner_id, key_version),
  CONSTRAINT tenant_key_version_counts_from_one CHECK (key_version >= 1),
  CONSTRAINT tenant_key_is_wrapped CHECK (octet_length(wrapped_key) = 60)
);
-- 'read' would be enough for lower scopes; a plant's first credential makes the partner's key.
CALL millwright.protect('millwright.tenant_key', 'partner', 'write');
CALL millwright.grant_access('millwright.tenant_key', ARRAY['SELECT', 'INSERT']);
CALL millwright.grant_access('millwright.tenant_key', ARRAY['UPDATE'], ARRAY['millwright_platform']);

CREATE TABLE millwright.credential (
  partner_id uuid NOT NULL,
  client_id uuid,
  plant_id uuid,
  credential_id uuid NOT NULL,
  name text NOT NULL,
  kind text NOT NULL,
  current_version integer NOT NULL,
  status text NOT NULL DEFAULT 'active',
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  rotated_at timestamptz,
  deleted_at timestamptz,
  CONSTRAINT credential_pkey PRIMARY KEY (partner_id, credential_id),
  CONSTRAINT credential_of_partner FOREIGN KEY (partner_id) REFERENCES millwright.partner (partner_id),
  CONSTRAINT credential_of_client FOREIGN KEY (partner_id, client_id)
    REFERENCES millwright.client (partner_id, client_id),
  CONSTRAINT credential_of_plant FOREIGN KEY (partner_id, client_id, plant_id)
    REFERENCES millwright.plant (partner_id, client_id, plant_id),
  CONSTRAINT credential_plant_has_client CHECK (plant_id IS NULL OR client_id IS NOT NULL),
  CONSTRAINT credential_name_is_short CHECK (length(name) BETWEEN 1 AND 200),
  CONSTRAINT credential_kind_is_a_word CHECK (kind ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  CONSTRAINT credential_version_counts_from_one CHECK (current_version >= 1),
  CONSTRAINT credential_status_is_known CHECK (status IN ('active', 'deleted')),
  CONSTRAINT deleted_has_moment CHECK ((status = 'deleted') = (deleted_at IS NOT NULL))
);
CREATE UNIQUE INDEX credential_name_is_unique
ON millwright.credential (partner_id, client_id, plant_id, name) NULLS NOT DISTINCT WHERE status = 'active';
-- A plant uses the credentials of its client and its partner.
CALL millwright.protect('millwright.credential', 'any', 'read');
CALL millwright.grant_access('millwright.credential', ARRAY['SELECT', 'INSERT', 'UPDATE']);
CREATE TRIGGER deleted_is_final BEFORE UPDATE ON millwright.credential
FOR EACH ROW EXECUTE FUNCTION millwright.refuse_revival();

-- The tenant columns repeat those of the credential, for its policies. Deleting a credential deletes these rows.
CREATE TABLE millwright.credential_version (
  partner_id uuid NOT NULL,
  client_id uuid,
  plant_id uuid,
  credential_id uuid NOT NULL,
  credential_version integer NOT NULL,
  key_version integer NOT NULL,
  sealed_value bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT credential_version_pkey PRIMARY KEY (partner_id, credential_id, credential_version),
  CONSTRAINT credential_version_of_credential FOREIGN KEY (partner_id, credential_id)
    REFERENCES millwright.credential (partner_id, credential_id),
  CONSTRAINT credential_version_under_key FOREIGN KEY (partner_id, key_version)
    REFERENCES millwright.tenant_key (partner_id, key_version),
  CONSTRAINT credential_version_plant_has_client CHECK (plant_id IS NULL OR client_id IS NOT NULL),
  CONSTRAINT credential_version_counts_from_one CHECK (credential_version >= 1),
  -- 12 bytes of nonce, 16 of tag, and at most 64 KiB sealed.
  CONSTRAINT credential_version_is_sealed CHECK (octet_length(sealed_value) BETWEEN 29 AND 65564)
);
CALL millwright.protect('millwright.credential_version', 'any', 'read');
CALL millwright.grant_access('millwright.credential_version', ARRAY['SELECT', 'INSERT', 'DELETE']);

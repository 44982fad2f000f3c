-- Purpose: partners, clients, plants; principals, their keys and roles; brands and host names; egress rules; the audit.
-- Locks: none (creates new objects only).
--
-- Rows that belong to the platform itself (its administrators, its brand, its audit) carry the nil UUID as partner_id:
-- the tenant column stays NOT NULL and leading, and no scope can ever equal it, because no partner may have it.

CREATE FUNCTION millwright.platform_owner() RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN '00000000-0000-0000-0000-000000000000'::uuid;
GRANT EXECUTE ON FUNCTION millwright.platform_owner() TO millwright_app, millwright_platform;

-- A deleted row answers as one that does not exist; it stays for the audit and the invoices, and nothing revives it.
CREATE FUNCTION millwright.refuse_revival() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF OLD.status = 'deleted' AND NEW.status <> 'deleted' THEN
    RAISE EXCEPTION 'a deleted % stays deleted', TG_TABLE_NAME
      USING ERRCODE = 'check_violation', CONSTRAINT = 'deleted_is_final', TABLE = TG_TABLE_NAME;
  END IF;
  RETURN NEW;
END
$$;

-- Tells every replica what its caches must forget: '<table>:<value of the column named by the trigger>'.
CREATE FUNCTION millwright.notify_tenancy() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  changed jsonb := CASE WHEN TG_OP = 'DELETE' THEN to_jsonb(OLD) ELSE to_jsonb(NEW) END;
BEGIN
  PERFORM pg_notify('millwright_tenancy', TG_TABLE_NAME || ':' || coalesce(changed ->> TG_ARGV[0], ''));
  RETURN NULL;
END
$$;

CREATE TABLE millwright.partner (
  partner_id uuid NOT NULL,
  slug text NOT NULL,
  name text NOT NULL,
  status text NOT NULL DEFAULT 'active',
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  changed_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT partner_pkey PRIMARY KEY (partner_id),
  CONSTRAINT partner_is_not_the_platform CHECK (partner_id <> '00000000-0000-0000-0000-000000000000'),
  CONSTRAINT partner_slug_is_plain CHECK (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
  CONSTRAINT partner_name_is_short CHECK (length(name) BETWEEN 1 AND 200),
  CONSTRAINT partner_status_is_known CHECK (status IN ('active', 'suspended', 'deleted'))
);
-- The slug of a deleted tenant is free again.
CREATE UNIQUE INDEX partner_slug_is_unique ON millwright.partner (slug) WHERE status <> 'deleted';
CALL millwright.protect('millwright.partner', 'partner', 'read');
CALL millwright.grant_access('millwright.partner', ARRAY['SELECT', 'UPDATE']);
CALL millwright.grant_access('millwright.partner', ARRAY['INSERT'], ARRAY['millwright_platform']);

CREATE TABLE millwright.client (
  partner_id uuid NOT NULL,
  client_id uuid NOT NULL,
  slug text NOT NULL,
  name text NOT NULL,
  status text NOT NULL DEFAULT 'active',
  currency text,
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  changed_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT client_pkey PRIMARY KEY (partner_id, client_id),
  CONSTRAINT client_belongs_to_partner FOREIGN KEY (partner_id) REFERENCES millwright.partner (partner_id),
  CONSTRAINT client_slug_is_plain CHECK (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
  CONSTRAINT client_name_is_short CHECK (length(name) BETWEEN 1 AND 200),
  CONSTRAINT client_status_is_known CHECK (status IN ('active', 'suspended', 'deleted')),
  CONSTRAINT client_currency_is_iso CHECK (currency ~ '^[A-Z]{3}$')
);
CREATE UNIQUE INDEX client_slug_is_unique ON millwright.client (partner_id, slug) WHERE status <> 'deleted';
CALL millwright.protect('millwright.client', 'client', 'read');
CALL millwright.grant_access('millwright.client', ARRAY['SELECT', 'INSERT', 'UPDATE']);

CREATE TABLE millwright.plant (
  partner_id uuid NOT NULL,
  client_id uuid NOT NULL,
  plant_id uuid NOT NULL,
  slug text NOT NULL,
  name text NOT NULL,
  status text NOT NULL DEFAULT 'active',
  time_zone text NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  changed_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT plant_pkey PRIMARY KEY (partner_id, client_id, plant_id),
  CONSTRAINT plant_belongs_to_client FOREIGN KEY (partner_id, client_id)
    REFERENCES millwright.client (partner_id, client_id),
  CONSTRAINT plant_slug_is_plain CHECK (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
  CONSTRAINT plant_name_is_short CHECK (length(name) BETWEEN 1 AND 200),
  CONSTRAINT plant_status_is_known CHECK (status IN ('active', 'suspended', 'deleted')),
  CONSTRAINT plant_time_zone_is_named CHECK (time_zone ~ '^[A-Za-z][A-Za-z0-9_+/-]{1,63}$')
);
CREATE UNIQUE INDEX plant_slug_is_unique ON millwright.plant (partner_id, client_id, slug) WHERE status <> 'deleted';
-- A plant is looked up by its identifier alone before its scope is known.
CREATE INDEX plant_by_id ON millwright.plant (plant_id);
CREATE INDEX client_by_id ON millwright.client (client_id);
CALL millwright.protect('millwright.plant', 'plant');
CALL millwright.grant_access('millwright.plant', ARRAY['SELECT', 'INSERT', 'UPDATE']);

-- client_id and plant_id say where the principal belongs; NULL where it belongs to a level above.
CREATE TABLE millwright.principal (
  partner_id uuid NOT NULL,
  client_id uuid,
  plant_id uuid,
  principal_id uuid NOT NULL,
  kind text NOT NULL,
  display_name text NOT NULL,
  email text,
  password_digest text,
  status text NOT NULL DEFAULT 'active',
  failed_sign_ins integer NOT NULL DEFAULT 0,
  sign_in_blocked_until timestamptz,
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  changed_at timestamptz NOT NULL DEFAULT now(),
  existing_partner_id uuid GENERATED ALWAYS AS
    (NULLIF(partner_id, '00000000-0000-0000-0000-000000000000')) STORED,
  CONSTRAINT principal_pkey PRIMARY KEY (partner_id, principal_id),
  CONSTRAINT principal_belongs_to_partner FOREIGN KEY (existing_partner_id)
    REFERENCES millwright.partner (partner_id),
  CONSTRAINT principal_belongs_to_client FOREIGN KEY (partner_id, client_id)
    REFERENCES millwright.client (partner_id, client_id),
  CONSTRAINT principal_belongs_to_plant FOREIGN KEY (partner_id, client_id, plant_id)
    REFERENCES millwright.plant (partner_id, client_id, plant_id),
  CONSTRAINT principal_plant_has_client CHECK (plant_id IS NULL OR client_id IS NOT NULL),
  CONSTRAINT principal_kind_is_known CHECK (kind IN ('user', 'api-key', 'runner')),
  CONSTRAINT principal_status_is_known CHECK (status IN ('active', 'disabled', 'deleted')),
  CONSTRAINT principal_name_is_short CHECK (length(display_name) BETWEEN 1 AND 200),
  CONSTRAINT principal_email_is_lower CHECK (email = lower(email) AND length(email) BETWEEN 3 AND 254),
  CONSTRAINT user_has_email CHECK (kind <> 'user' OR email IS NOT NULL),
  CONSTRAINT only_a_user_has_a_password CHECK (kind = 'user' OR password_digest IS NULL)
);
-- Unique within a partner and not on the platform: otherwise an address would tell that another partner knows it.
CREATE UNIQUE INDEX principal_email_is_unique ON millwright.principal (partner_id, email) WHERE status <> 'deleted';
CREATE INDEX principal_by_id ON millwright.principal (principal_id);
CREATE INDEX principal_by_email ON millwright.principal (email) WHERE status = 'active';
CALL millwright.protect('millwright.principal', 'any');
CALL millwright.grant_access('millwright.principal', ARRAY['SELECT', 'INSERT', 'UPDATE']);

-- The tenant columns are those of the principal, so that whoever sees the principal sees its keys.
CREATE TABLE millwright.api_key (
  partner_id uuid NOT NULL,
  client_id uuid,
  plant_id uuid,
  api_key_id uuid NOT NULL,
  principal_id uuid NOT NULL,
  name text NOT NULL,
  prefix text NOT NULL,
  secret_sha256 bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz,
  CONSTRAINT api_key_pkey PRIMARY KEY (partner_id, api_key_id),
  CONSTRAINT api_key_of_principal FOREIGN KEY (partner_id, principal_id)
    REFERENCES millwright.principal (partner_id, principal_id),
  CONSTRAINT api_key_name_is_short CHECK (length(name) BETWEEN 1 AND 200),
  CONSTRAINT api_key_prefix_is_plain CHECK (prefix ~ '^[a-z0-9]{8}$'),
  CONSTRAINT api_key_secret_is_hashed CHECK (octet_length(secret_sha256) = 32),
  CONSTRAINT api_key_expires_after_creation CHECK (expires_at > created_at)
);
-- The prefix is random and found before a tenant is known; it tells nothing about one.
CREATE UNIQUE INDEX api_key_prefix_is_unique ON millwright.api_key (prefix);
CREATE INDEX api_key_by_principal ON millwright.api_key (partner_id, principal_id);
CALL millwright.protect('millwright.api_key', 'any');
CALL millwright.grant_access('millwright.api_key', ARRAY['SELECT', 'INSERT', 'UPDATE']);

-- The tenant columns are the scope in which the role is held. A principal of the platform is bound to the platform.
CREATE TABLE millwright.role_binding (
  partner_id uuid NOT NULL,
  client_id uuid,
  plant_id uuid,
  role_binding_id uuid NOT NULL,
  principal_id uuid NOT NULL,
  role text NOT NULL,
  granted_by uuid,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT role_binding_pkey PRIMARY KEY (partner_id, role_binding_id),
  CONSTRAINT role_binding_is_unique UNIQUE NULLS NOT DISTINCT (partner_id, principal_id, role, client_id, plant_id),
  CONSTRAINT role_binding_of_principal FOREIGN KEY (partner_id, principal_id)
    REFERENCES millwright.principal (partner_id, principal_id),
  CONSTRAINT role_binding_in_client FOREIGN KEY (partner_id, client_id)
    REFERENCES millwright.client (partner_id, client_id),
  CONSTRAINT role_binding_in_plant FOREIGN KEY (partner_id, client_id, plant_id)
    REFERENCES millwright.plant (partner_id, client_id, plant_id),
  CONSTRAINT role_binding_plant_has_client CHECK (plant_id IS NULL OR client_id IS NOT NULL),
  CONSTRAINT role_fits_level CHECK (
    CASE
      WHEN partner_id = '00000000-0000-0000-0000-000000000000' THEN role IN ('platform-admin', 'auditor')
      WHEN client_id IS NULL THEN role IN ('partner-admin', 'partner-operator', 'billing-viewer', 'auditor')
      WHEN plant_id IS NULL THEN role IN
        ('billing-viewer', 'client-admin', 'supervisor', 'operator', 'quality', 'maintenance', 'auditor')
      ELSE role IN ('supervisor', 'operator', 'quality', 'maintenance', 'auditor', 'runner')
    END)
);
CALL millwright.protect('millwright.role_binding', 'any');
CALL millwright.grant_access('millwright.role_binding', ARRAY['SELECT', 'INSERT', 'DELETE']);

-- One row a level. fields: what this level sets; overridable: which of the fields the levels below may set themselves.
CREATE TABLE millwright.brand (
  partner_id uuid NOT NULL,
  client_id uuid,
  plant_id uuid,
  brand_id uuid NOT NULL,
  fields jsonb NOT NULL,
  overridable text[] NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  changed_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT brand_pkey PRIMARY KEY (partner_id, brand_id),
  CONSTRAINT brand_is_one_a_level UNIQUE NULLS NOT DISTINCT (partner_id, client_id, plant_id),
  CONSTRAINT brand_of_client FOREIGN KEY (partner_id, client_id)
    REFERENCES millwright.client (partner_id, client_id),
  CONSTRAINT brand_of_plant FOREIGN KEY (partner_id, client_id, plant_id)
    REFERENCES millwright.plant (partner_id, client_id, plant_id),
  CONSTRAINT brand_plant_has_client CHECK (plant_id IS NULL OR client_id IS NOT NULL),
  CONSTRAINT brand_fields_are_an_object CHECK (jsonb_typeof(fields) = 'object'),
  CONSTRAINT brand_fields_are_bounded CHECK (pg_column_size(fields) <= 1048576)
);
CALL millwright.protect('millwright.brand', 'any', 'read');
CALL millwright.grant_access('millwright.brand', ARRAY['SELECT', 'INSERT', 'UPDATE']);

CREATE TABLE millwright.brand_host (
  partner_id uuid NOT NULL,
  client_id uuid,
  plant_id uuid,
  host text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT brand_host_pkey PRIMARY KEY (partner_id, host),
  CONSTRAINT brand_host_of_client FOREIGN KEY (partner_id, client_id)
    REFERENCES millwright.client (partner_id, client_id),
  CONSTRAINT brand_host_of_plant FOREIGN KEY (partner_id, client_id, plant_id)
    REFERENCES millwright.plant (partner_id, client_id, plant_id),
  CONSTRAINT brand_host_plant_has_client CHECK (plant_id IS NULL OR client_id IS NOT NULL),
  CONSTRAINT brand_host_is_plain CHECK (host ~ '^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$')
);
-- One host name leads to one tenant on the whole platform.
CREATE UNIQUE INDEX brand_host_is_unique ON millwright.brand_host (host);
CALL millwright.protect('millwright.brand_host', 'any', 'read');
CALL millwright.grant_access('millwright.brand_host', ARRAY['SELECT', 'INSERT', 'DELETE']);

CREATE TABLE millwright.egress_rule (
  partner_id uuid NOT NULL,
  client_id uuid NOT NULL,
  plant_id uuid NOT NULL,
  host text NOT NULL,
  port integer NOT NULL,
  allows_private boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT egress_rule_pkey PRIMARY KEY (partner_id, client_id, plant_id, host, port),
  CONSTRAINT egress_rule_of_plant FOREIGN KEY (partner_id, client_id, plant_id)
    REFERENCES millwright.plant (partner_id, client_id, plant_id),
  CONSTRAINT egress_rule_host_is_lower CHECK (host = lower(host) AND length(host) BETWEEN 1 AND 255),
  CONSTRAINT egress_rule_port_exists CHECK (port BETWEEN 1 AND 65535)
);
CALL millwright.protect('millwright.egress_rule', 'plant');
CALL millwright.grant_access('millwright.egress_rule', ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']);

-- Who changed what. Written in the transaction of the change; never changed, by nobody.
CREATE TABLE millwright.audit_entry (
  partner_id uuid NOT NULL,
  client_id uuid,
  plant_id uuid,
  audit_entry_id uuid NOT NULL,
  action text NOT NULL,
  object_type text NOT NULL,
  object_id text NOT NULL,
  old jsonb,
  new jsonb,
  reason text,
  actor_kind text NOT NULL,
  actor_principal_id uuid,
  actor_name text NOT NULL,
  origin text,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT audit_entry_pkey PRIMARY KEY (partner_id, audit_entry_id),
  CONSTRAINT audit_entry_plant_has_client CHECK (plant_id IS NULL OR client_id IS NOT NULL),
  CONSTRAINT audit_entry_action_is_dotted CHECK (action ~ '^[a-z0-9-]+(\.[a-z0-9-]+)+$'),
  CONSTRAINT audit_entry_actor_is_known CHECK (actor_kind IN ('user', 'api-key', 'runner', 'system')),
  CONSTRAINT audit_entry_names_its_actor CHECK (actor_kind = 'system' OR actor_principal_id IS NOT NULL)
);
CREATE INDEX audit_entry_of_object ON millwright.audit_entry (partner_id, object_type, object_id, audit_entry_id);
CALL millwright.protect('millwright.audit_entry', 'any');
CALL millwright.grant_access('millwright.audit_entry', ARRAY['SELECT', 'INSERT']);

CREATE FUNCTION millwright.refuse_change() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RAISE EXCEPTION 'a row of % is never changed', TG_TABLE_NAME
    USING ERRCODE = 'check_violation', CONSTRAINT = TG_TABLE_NAME || '_is_insert_only', TABLE = TG_TABLE_NAME;
END
$$;
CREATE TRIGGER audit_entry_is_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON millwright.audit_entry
FOR EACH STATEMENT EXECUTE FUNCTION millwright.refuse_change();

CREATE TRIGGER deleted_is_final BEFORE UPDATE ON millwright.partner
FOR EACH ROW EXECUTE FUNCTION millwright.refuse_revival();
CREATE TRIGGER deleted_is_final BEFORE UPDATE ON millwright.client
FOR EACH ROW EXECUTE FUNCTION millwright.refuse_revival();
CREATE TRIGGER deleted_is_final BEFORE UPDATE ON millwright.plant
FOR EACH ROW EXECUTE FUNCTION millwright.refuse_revival();
CREATE TRIGGER deleted_is_final BEFORE UPDATE ON millwright.principal
FOR EACH ROW EXECUTE FUNCTION millwright.refuse_revival();

CREATE TRIGGER tells_replicas AFTER INSERT OR UPDATE ON millwright.partner
FOR EACH ROW EXECUTE FUNCTION millwright.notify_tenancy('partner_id');
CREATE TRIGGER tells_replicas AFTER INSERT OR UPDATE ON millwright.client
FOR EACH ROW EXECUTE FUNCTION millwright.notify_tenancy('client_id');
CREATE TRIGGER tells_replicas AFTER INSERT OR UPDATE ON millwright.plant
FOR EACH ROW EXECUTE FUNCTION millwright.notify_tenancy('plant_id');
-- Not on failed_sign_ins, not on last_used_at: those change often and no cache holds them.
CREATE TRIGGER tells_replicas AFTER UPDATE OF kind, display_name, email, password_digest, status
ON millwright.principal
FOR EACH ROW EXECUTE FUNCTION millwright.notify_tenancy('principal_id');
CREATE TRIGGER tells_replicas AFTER UPDATE OF secret_sha256, expires_at, revoked_at ON millwright.api_key
FOR EACH ROW EXECUTE FUNCTION millwright.notify_tenancy('principal_id');
CREATE TRIGGER tells_replicas AFTER INSERT OR DELETE ON millwright.role_binding
FOR EACH ROW EXECUTE FUNCTION millwright.notify_tenancy('principal_id');
CREATE TRIGGER tells_replicas AFTER INSERT OR UPDATE ON millwright.brand
FOR EACH ROW EXECUTE FUNCTION millwright.notify_tenancy('partner_id');
CREATE TRIGGER tells_replicas AFTER INSERT OR DELETE ON millwright.brand_host
FOR EACH ROW EXECUTE FUNCTION millwright.notify_tenancy('host');
CREATE TRIGGER tells_replicas AFTER INSERT OR UPDATE OR DELETE ON millwright.egress_rule
FOR EACH ROW EXECUTE FUNCTION millwright.notify_tenancy('plant_id');

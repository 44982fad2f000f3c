-- Purpose: the schema, the three scope functions, and the two procedures that every later migration uses for its tables.
-- Locks: none (creates new objects only).
--
-- The roles exist before (ClusterBootstrap makes them from a superuser's connection):
--   millwright_owner     owns every object; only migrations log in as it
--   millwright_app       tenant scopes; owns nothing, no BYPASSRLS; sees only the rows of the scope that is set
--   millwright_platform  the control plane's cross-tenant work; owns nothing, no BYPASSRLS; its own policies
--
-- How a later migration makes a table:
--   CREATE TABLE millwright.lot (partner_id uuid NOT NULL, client_id uuid NOT NULL, plant_id uuid NOT NULL, …,
--     PRIMARY KEY (partner_id, client_id, plant_id, lot_id));
--   CALL millwright.protect('millwright.lot', 'plant');
--   CALL millwright.grant_access('millwright.lot', ARRAY['SELECT', 'INSERT', 'UPDATE']);
--
-- protect(target, level, lower_scopes)
--   level         'partner', 'client', 'plant': where the rows live; these tenant columns must be NOT NULL and lead the
--                 primary key.  'any': rows of several levels in one table: partner_id NOT NULL, client_id and plant_id
--                 nullable (NULL means the row belongs to the level above), partner_id leads the primary key.
--   lower_scopes  what a scope below a row's level may do with it, for instance a plant with the row of its client:
--                 'none' (the default): it does not see it.  'read': SELECT only.  'write': everything that is granted.
--   A scope always reaches the rows of its own level and of every level below it.
--
-- grant_access(target, commands, grantees)
--   commands out of SELECT, INSERT, UPDATE, DELETE; an insert-only table gets SELECT, INSERT.  Both login roles by default.
--   May be called again for another grantee with other commands.
--
-- On a partitioned table call protect() for the parent and for each partition; grant_access() for the parent only.
-- A view is created WITH (security_invoker = true).

CREATE SCHEMA IF NOT EXISTS millwright;

DO $$
DECLARE
  wanted text;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['millwright_app', 'millwright_platform'] LOOP
    IF NOT EXISTS (
      SELECT FROM pg_catalog.pg_roles AS role
      WHERE role.rolname = wanted AND NOT role.rolsuper AND NOT role.rolbypassrls AND NOT role.rolcreaterole
    ) THEN
      RAISE EXCEPTION 'role % is missing, or it may bypass row level security: run the cluster bootstrap first', wanted;
    END IF;
  END LOOP;
END
$$;

REVOKE ALL ON SCHEMA millwright FROM PUBLIC;
GRANT USAGE ON SCHEMA millwright TO millwright_app, millwright_platform;
ALTER DEFAULT PRIVILEGES IN SCHEMA millwright REVOKE ALL ON TABLES FROM PUBLIC;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

-- The scope of the transaction, or NULL. A transaction-local setting reads as '' in a session that had one before.
-- The bodies are parsed here and now (RETURN), so that no later search_path can change what they mean.
CREATE FUNCTION millwright.scope_partner() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
RETURN NULLIF(pg_catalog.current_setting('millwright.partner_id', true), '')::uuid;

CREATE FUNCTION millwright.scope_client() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
RETURN NULLIF(pg_catalog.current_setting('millwright.client_id', true), '')::uuid;

CREATE FUNCTION millwright.scope_plant() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
RETURN NULLIF(pg_catalog.current_setting('millwright.plant_id', true), '')::uuid;

GRANT EXECUTE ON FUNCTION millwright.scope_partner(), millwright.scope_client(), millwright.scope_plant()
TO millwright_app, millwright_platform;

CREATE PROCEDURE millwright.protect(target regclass, level text, lower_scopes text DEFAULT 'none')
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  required text[];
  present text[];
  key_start text[];
  has_key boolean;
  within_scope text;
  above_scope text;
  readable text;
  writable text;
BEGIN
  required := CASE level
    WHEN 'partner' THEN ARRAY['partner_id']
    WHEN 'client' THEN ARRAY['partner_id', 'client_id']
    WHEN 'plant' THEN ARRAY['partner_id', 'client_id', 'plant_id']
    WHEN 'any' THEN ARRAY['partner_id']
  END;
  IF required IS NULL THEN
    RAISE EXCEPTION 'protect(%): level % is not one of partner, client, plant, any', target, level;
  END IF;
  IF lower_scopes NOT IN ('none', 'read', 'write') THEN
    RAISE EXCEPTION 'protect(%): lower_scopes % is not one of none, read, write', target, lower_scopes;
  END IF;

  SELECT coalesce(array_agg(attname::text), '{}') INTO present
  FROM pg_attribute
  WHERE attrelid = target AND attnum > 0 AND NOT attisdropped
    AND atttypid = 'uuid'::regtype AND (attnotnull OR (level = 'any' AND attname IN ('client_id', 'plant_id')));
  IF NOT present @> required OR (level = 'any' AND NOT present @> ARRAY['client_id', 'plant_id']) THEN
    RAISE EXCEPTION 'protect(%): a table of level % needs the uuid columns %, NOT NULL where the row lives there',
      target, level, CASE level WHEN 'any' THEN '{partner_id,client_id,plant_id}' ELSE required::text END;
  END IF;

  SELECT true, array_agg(attribute.attname::text ORDER BY key.position)
  INTO has_key, key_start
  FROM pg_index AS index
  CROSS JOIN LATERAL unnest(index.indkey::smallint[]) WITH ORDINALITY AS key (number, position)
  JOIN pg_attribute AS attribute ON attribute.attrelid = index.indrelid AND attribute.attnum = key.number
  WHERE index.indrelid = target AND index.indisprimary AND key.position <= cardinality(required);
  IF has_key IS NOT TRUE OR key_start IS DISTINCT FROM required THEN
    RAISE EXCEPTION 'protect(%): the primary key must begin with %', target, required;
  END IF;

  -- Each scope function stands in a sub-select of its own: evaluated once a statement, not once a row.
  within_scope := 'partner_id = (SELECT millwright.scope_partner())';
  above_scope := within_scope;
  IF level = 'partner' THEN
    within_scope := within_scope || ' AND (SELECT millwright.scope_client()) IS NULL';
  ELSE
    within_scope := within_scope
      || ' AND ((SELECT millwright.scope_client()) IS NULL OR client_id = (SELECT millwright.scope_client()))';
  END IF;
  IF level = 'client' THEN
    within_scope := within_scope || ' AND (SELECT millwright.scope_plant()) IS NULL';
    above_scope := above_scope || ' AND client_id = (SELECT millwright.scope_client())';
  ELSIF level IN ('plant', 'any') THEN
    within_scope := within_scope
      || ' AND ((SELECT millwright.scope_plant()) IS NULL OR plant_id = (SELECT millwright.scope_plant()))';
  END IF;
  IF level = 'plant' THEN
    above_scope := within_scope;
  ELSIF level = 'any' THEN
    above_scope := above_scope
      || ' AND (client_id IS NULL OR client_id = (SELECT millwright.scope_client()))'
      || ' AND (plant_id IS NULL OR plant_id = (SELECT millwright.scope_plant()))';
  END IF;

  writable := within_scope;
  readable := within_scope;
  IF lower_scopes IN ('read', 'write') AND level <> 'plant' THEN
    readable := format('(%s) OR (%s)', within_scope, above_scope);
  END IF;
  IF lower_scopes = 'write' THEN
    writable := readable;
  END IF;

  IF level = 'any' THEN
    EXECUTE format(
      'ALTER TABLE %s ADD CONSTRAINT plant_row_names_its_client CHECK (plant_id IS NULL OR client_id IS NOT NULL)', target);
  END IF;
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', target);
  EXECUTE format('CREATE POLICY tenant_select ON %s FOR SELECT TO millwright_app USING (%s)', target, readable);
  EXECUTE format('CREATE POLICY tenant_insert ON %s FOR INSERT TO millwright_app WITH CHECK (%s)', target, writable);
  EXECUTE format('CREATE POLICY tenant_update ON %s FOR UPDATE TO millwright_app USING (%s) WITH CHECK (%s)',
    target, writable, writable);
  EXECUTE format('CREATE POLICY tenant_delete ON %s FOR DELETE TO millwright_app USING (%s)', target, writable);
  EXECUTE format('CREATE POLICY platform_select ON %s FOR SELECT TO millwright_platform USING (true)', target);
  EXECUTE format('CREATE POLICY platform_insert ON %s FOR INSERT TO millwright_platform WITH CHECK (true)', target);
  EXECUTE format('CREATE POLICY platform_update ON %s FOR UPDATE TO millwright_platform USING (true) WITH CHECK (true)',
    target);
  EXECUTE format('CREATE POLICY platform_delete ON %s FOR DELETE TO millwright_platform USING (true)', target);
END
$$;

CREATE PROCEDURE millwright.grant_access(
  target regclass,
  commands text[],
  grantees text[] DEFAULT ARRAY['millwright_app', 'millwright_platform']
)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  command text;
  grantee text;
BEGIN
  FOREACH grantee IN ARRAY grantees LOOP
    IF grantee NOT IN ('millwright_app', 'millwright_platform') THEN
      RAISE EXCEPTION 'grant_access(%): % is not a login role of Millwright', target, grantee;
    END IF;
    FOREACH command IN ARRAY commands LOOP
      IF command NOT IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE') THEN
        RAISE EXCEPTION 'grant_access(%): % is not one of SELECT, INSERT, UPDATE, DELETE', target, command;
      END IF;
      EXECUTE format('GRANT %s ON %s TO %I', command, target, grantee);
    END LOOP;
  END LOOP;
END
$$;

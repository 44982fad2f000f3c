-- Purpose: the catalogue of templates, the connections of plants, and the workflows cloned into plants.
-- Locks: none (creates new objects only; the foreign keys lock plant and credential for the moment of their creation).
--
-- A template version is immutable and named by the digest of its content. What the platform publishes stands once in
-- platform_template_version, readable by every scope, because it belongs to no tenant. A partner gets its own row in
-- template_version, with the same id, when one of its plants first uses it: from there on foreign keys carry the partner.
--
-- Documents are `json`, not `jsonb`: what was published, with its digest, is kept to the letter (the order of a form's
-- fields, the digits of a price), and nothing here is searched by its inside.

CREATE TABLE millwright.platform_template_version (
  template_version_id uuid NOT NULL,
  slug text NOT NULL,
  version text NOT NULL,
  digest text NOT NULL,
  name text NOT NULL,
  summary text NOT NULL,
  package json NOT NULL,
  published_at timestamptz NOT NULL,
  published_by text NOT NULL,
  CONSTRAINT platform_template_version_pkey PRIMARY KEY (template_version_id),
  CONSTRAINT platform_template_version_is_published_once UNIQUE (slug, version),
  CONSTRAINT platform_template_slug_is_a_name CHECK (slug ~ '^[a-z][a-z0-9]*(-[a-z0-9]+)*$' AND length(slug) <= 63),
  CONSTRAINT platform_template_version_is_semantic
    CHECK (version ~ '^(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})$'),
  CONSTRAINT platform_template_digest_is_sha256 CHECK (digest ~ '^[0-9a-f]{64}$')
);

ALTER TABLE millwright.platform_template_version ENABLE ROW LEVEL SECURITY;
ALTER TABLE millwright.platform_template_version FORCE ROW LEVEL SECURITY;
CREATE POLICY everybody_select ON millwright.platform_template_version
  FOR SELECT TO millwright_app, millwright_platform USING (true);
CREATE POLICY platform_insert ON millwright.platform_template_version
  FOR INSERT TO millwright_platform WITH CHECK (true);
CALL millwright.grant_access('millwright.platform_template_version', ARRAY['SELECT'], ARRAY['millwright_app']);
CALL millwright.grant_access(
  'millwright.platform_template_version', ARRAY['SELECT', 'INSERT'], ARRAY['millwright_platform']);

-- The templates that a partner has, its own and those it took over from the platform. A slug is one or the other.
CREATE TABLE millwright.template (
  partner_id uuid NOT NULL,
  slug text NOT NULL,
  origin text NOT NULL,
  created_at timestamptz NOT NULL,
  CONSTRAINT template_pkey PRIMARY KEY (partner_id, slug),
  CONSTRAINT template_origin_is_part_of_key UNIQUE (partner_id, slug, origin),
  CONSTRAINT template_belongs_to_partner FOREIGN KEY (partner_id) REFERENCES millwright.partner (partner_id),
  CONSTRAINT template_slug_is_a_name CHECK (slug ~ '^[a-z][a-z0-9]*(-[a-z0-9]+)*$' AND length(slug) <= 63),
  CONSTRAINT template_origin_is_known CHECK (origin IN ('partner', 'platform'))
);
CALL millwright.protect('millwright.template', 'partner', 'write');
CALL millwright.grant_access('millwright.template', ARRAY['SELECT', 'INSERT']);

CREATE TABLE millwright.template_version (
  partner_id uuid NOT NULL,
  template_version_id uuid NOT NULL,
  slug text NOT NULL,
  version text NOT NULL,
  digest text NOT NULL,
  origin text NOT NULL,
  name text NOT NULL,
  summary text NOT NULL,
  package json NOT NULL,
  published_at timestamptz NOT NULL,
  published_by text NOT NULL,
  CONSTRAINT template_version_pkey PRIMARY KEY (partner_id, template_version_id),
  CONSTRAINT template_version_is_published_once UNIQUE (partner_id, slug, version),
  CONSTRAINT template_version_has_its_template FOREIGN KEY (partner_id, slug, origin)
    REFERENCES millwright.template (partner_id, slug, origin),
  CONSTRAINT template_version_is_semantic
    CHECK (version ~ '^(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})$'),
  CONSTRAINT template_version_digest_is_sha256 CHECK (digest ~ '^[0-9a-f]{64}$')
);
-- A plant's or client's administrator clones a template of the platform: that scope may write the partner's copy.
CALL millwright.protect('millwright.template_version', 'partner', 'write');
CALL millwright.grant_access('millwright.template_version', ARRAY['SELECT', 'INSERT']);

CREATE TABLE millwright.connection (
  partner_id uuid NOT NULL,
  client_id uuid NOT NULL,
  plant_id uuid NOT NULL,
  connection_id uuid NOT NULL,
  name text NOT NULL,
  connector_slug text NOT NULL,
  connector json NOT NULL,
  configuration json NOT NULL,
  credential_id uuid,
  row_version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  CONSTRAINT connection_pkey PRIMARY KEY (partner_id, client_id, plant_id, connection_id),
  CONSTRAINT connection_name_is_unique_in_plant UNIQUE (partner_id, client_id, plant_id, name),
  CONSTRAINT connection_belongs_to_plant FOREIGN KEY (partner_id, client_id, plant_id)
    REFERENCES millwright.plant (partner_id, client_id, plant_id),
  CONSTRAINT connection_credential_is_in_same_partner FOREIGN KEY (partner_id, credential_id)
    REFERENCES millwright.credential (partner_id, credential_id),
  CONSTRAINT connection_name_is_short CHECK (length(name) BETWEEN 1 AND 120),
  CONSTRAINT connection_connector_is_object CHECK (json_typeof(connector) = 'object'),
  CONSTRAINT connection_configuration_is_object CHECK (json_typeof(configuration) = 'object')
);
CREATE INDEX connection_by_credential ON millwright.connection (partner_id, credential_id)
  WHERE credential_id IS NOT NULL;
CALL millwright.protect('millwright.connection', 'plant');
CALL millwright.grant_access('millwright.connection', ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']);

-- Counts the changes of what a plant's runner must know to act: a runner with an older number is sent the settings.
CREATE TABLE millwright.plant_settings_revision (
  partner_id uuid NOT NULL,
  client_id uuid NOT NULL,
  plant_id uuid NOT NULL,
  revision bigint NOT NULL,
  CONSTRAINT plant_settings_revision_pkey PRIMARY KEY (partner_id, client_id, plant_id),
  CONSTRAINT plant_settings_revision_belongs_to_plant FOREIGN KEY (partner_id, client_id, plant_id)
    REFERENCES millwright.plant (partner_id, client_id, plant_id),
  CONSTRAINT plant_settings_revision_counts_up CHECK (revision >= 1)
);
CALL millwright.protect('millwright.plant_settings_revision', 'plant');
CALL millwright.grant_access('millwright.plant_settings_revision', ARRAY['SELECT', 'INSERT', 'UPDATE']);

-- A template version cloned into a plant. `digest` names its current revision.
CREATE TABLE millwright.workflow (
  partner_id uuid NOT NULL,
  client_id uuid NOT NULL,
  plant_id uuid NOT NULL,
  workflow_id uuid NOT NULL,
  name text NOT NULL,
  template_version_id uuid NOT NULL,
  document_namespace text NOT NULL,
  document_name text NOT NULL,
  document_version text NOT NULL,
  parameters json NOT NULL,
  bindings json NOT NULL,
  digest text NOT NULL,
  is_enabled boolean NOT NULL,
  row_version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  CONSTRAINT workflow_pkey PRIMARY KEY (partner_id, client_id, plant_id, workflow_id),
  CONSTRAINT workflow_name_is_unique_in_plant UNIQUE (partner_id, client_id, plant_id, name),
  CONSTRAINT workflow_belongs_to_plant FOREIGN KEY (partner_id, client_id, plant_id)
    REFERENCES millwright.plant (partner_id, client_id, plant_id),
  CONSTRAINT workflow_is_pinned_to_template_version FOREIGN KEY (partner_id, template_version_id)
    REFERENCES millwright.template_version (partner_id, template_version_id),
  CONSTRAINT workflow_name_is_short CHECK (length(name) BETWEEN 1 AND 120),
  CONSTRAINT workflow_parameters_are_object CHECK (json_typeof(parameters) = 'object'),
  CONSTRAINT workflow_bindings_are_object CHECK (json_typeof(bindings) = 'object'),
  CONSTRAINT workflow_digest_is_sha256 CHECK (digest ~ '^[0-9a-f]{64}$')
);
CREATE INDEX workflow_by_document
  ON millwright.workflow (partner_id, client_id, plant_id, document_namespace, document_name);
CREATE INDEX workflow_by_template_version ON millwright.workflow (partner_id, template_version_id);
CALL millwright.protect('millwright.workflow', 'plant');
CALL millwright.grant_access('millwright.workflow', ARRAY['SELECT', 'INSERT', 'UPDATE']);

-- What a workflow was at each of its changes. Runs name their revision by its digest, so a run that started before an
-- upgrade goes on with what it started with. Never changed, never deleted.
CREATE TABLE millwright.workflow_revision (
  partner_id uuid NOT NULL,
  client_id uuid NOT NULL,
  plant_id uuid NOT NULL,
  workflow_id uuid NOT NULL,
  digest text NOT NULL,
  revision bigint NOT NULL,
  template_version_id uuid NOT NULL,
  document json NOT NULL,
  parameters json NOT NULL,
  bindings json NOT NULL,
  facts json NOT NULL,
  created_at timestamptz NOT NULL,
  CONSTRAINT workflow_revision_pkey PRIMARY KEY (partner_id, client_id, plant_id, digest),
  CONSTRAINT workflow_revision_is_numbered UNIQUE (partner_id, client_id, plant_id, workflow_id, revision),
  CONSTRAINT workflow_revision_belongs_to_workflow FOREIGN KEY (partner_id, client_id, plant_id, workflow_id)
    REFERENCES millwright.workflow (partner_id, client_id, plant_id, workflow_id),
  CONSTRAINT workflow_revision_has_template_version FOREIGN KEY (partner_id, template_version_id)
    REFERENCES millwright.template_version (partner_id, template_version_id),
  CONSTRAINT workflow_revision_digest_is_sha256 CHECK (digest ~ '^[0-9a-f]{64}$'),
  CONSTRAINT workflow_revision_counts_up CHECK (revision >= 1)
);
CALL millwright.protect('millwright.workflow_revision', 'plant');
CALL millwright.grant_access('millwright.workflow_revision', ARRAY['SELECT', 'INSERT']);

-- The connection behind each capability of a workflow, as rows so that a bound connection cannot be deleted.
CREATE TABLE millwright.workflow_binding (
  partner_id uuid NOT NULL,
  client_id uuid NOT NULL,
  plant_id uuid NOT NULL,
  workflow_id uuid NOT NULL,
  capability text NOT NULL,
  connection_id uuid NOT NULL,
  CONSTRAINT workflow_binding_pkey PRIMARY KEY (partner_id, client_id, plant_id, workflow_id, capability),
  CONSTRAINT workflow_binding_belongs_to_workflow FOREIGN KEY (partner_id, client_id, plant_id, workflow_id)
    REFERENCES millwright.workflow (partner_id, client_id, plant_id, workflow_id),
  CONSTRAINT bound_connection_is_in_same_plant FOREIGN KEY (partner_id, client_id, plant_id, connection_id)
    REFERENCES millwright.connection (partner_id, client_id, plant_id, connection_id)
);
CREATE INDEX workflow_binding_by_connection
  ON millwright.workflow_binding (partner_id, client_id, plant_id, connection_id);
CALL millwright.protect('millwright.workflow_binding', 'plant');
CALL millwright.grant_access('millwright.workflow_binding', ARRAY['SELECT', 'INSERT', 'DELETE']);

-- What starts the workflow: one row for each filter of the definition's `schedule.on`.
CREATE TABLE millwright.workflow_trigger (
  partner_id uuid NOT NULL,
  client_id uuid NOT NULL,
  plant_id uuid NOT NULL,
  workflow_id uuid NOT NULL,
  position integer NOT NULL,
  event_type text NOT NULL,
  filter json NOT NULL,
  CONSTRAINT workflow_trigger_pkey PRIMARY KEY (partner_id, client_id, plant_id, workflow_id, position),
  CONSTRAINT workflow_trigger_belongs_to_workflow FOREIGN KEY (partner_id, client_id, plant_id, workflow_id)
    REFERENCES millwright.workflow (partner_id, client_id, plant_id, workflow_id),
  CONSTRAINT workflow_trigger_filter_is_object CHECK (json_typeof(filter) = 'object')
);
CREATE INDEX workflow_trigger_by_event_type
  ON millwright.workflow_trigger (partner_id, client_id, plant_id, event_type);
CALL millwright.protect('millwright.workflow_trigger', 'plant');
CALL millwright.grant_access('millwright.workflow_trigger', ARRAY['SELECT', 'INSERT', 'DELETE']);

-- The JSON Schema of an event's data, as a workflow of the plant expects it.
CREATE TABLE millwright.event_contract (
  partner_id uuid NOT NULL,
  client_id uuid NOT NULL,
  plant_id uuid NOT NULL,
  workflow_id uuid NOT NULL,
  event_type text NOT NULL,
  schema json NOT NULL,
  CONSTRAINT event_contract_pkey PRIMARY KEY (partner_id, client_id, plant_id, workflow_id, event_type),
  CONSTRAINT event_contract_belongs_to_workflow FOREIGN KEY (partner_id, client_id, plant_id, workflow_id)
    REFERENCES millwright.workflow (partner_id, client_id, plant_id, workflow_id)
);
CALL millwright.protect('millwright.event_contract', 'plant');
CALL millwright.grant_access('millwright.event_contract', ARRAY['SELECT', 'INSERT', 'DELETE']);

-- Purpose: which processes (scripts, shell commands) the workflows of a plant may run, and how much each may use.
-- Locks: none on what exists, but for the moment in which the foreign key is made (SHARE ROW EXCLUSIVE on plant).
--
-- A plant without a row allows nothing.

CREATE TABLE millwright.process_policy (
  partner_id uuid NOT NULL,
  client_id uuid NOT NULL,
  plant_id uuid NOT NULL,
  languages text[] NOT NULL,
  cpu_seconds integer NOT NULL,
  memory_megabytes integer NOT NULL,
  wall_seconds integer NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT process_policy_pkey PRIMARY KEY (partner_id, client_id, plant_id),
  CONSTRAINT process_policy_of_plant FOREIGN KEY (partner_id, client_id, plant_id)
    REFERENCES millwright.plant (partner_id, client_id, plant_id),
  CONSTRAINT process_policy_languages_are_known CHECK (languages <@ ARRAY['python', 'js', 'shell']),
  CONSTRAINT process_policy_cpu_is_bounded CHECK (cpu_seconds BETWEEN 1 AND 60),
  CONSTRAINT process_policy_memory_is_bounded CHECK (memory_megabytes BETWEEN 64 AND 1024),
  CONSTRAINT process_policy_wall_is_bounded CHECK (wall_seconds BETWEEN 1 AND 300)
);
CALL millwright.protect('millwright.process_policy', 'plant');
CALL millwright.grant_access('millwright.process_policy', ARRAY['SELECT', 'INSERT', 'UPDATE']);

CREATE TRIGGER tells_replicas AFTER INSERT OR UPDATE ON millwright.process_policy
FOR EACH ROW EXECUTE FUNCTION millwright.notify_tenancy('plant_id');

-- Purpose: human tasks with candidates, several decisions, signatures, comments, evidence, reminders and announcements;
-- runs that remember everybody who caused them, and which run they all began with.
-- Locks: ACCESS EXCLUSIVE on run, human_task and human_task_decision for the moment of the new columns (nothing is
-- rewritten); on human_task_decision also while its new key is built, during which nobody decides.
--
-- A run that another one started before this migration has no root_run_id: it counts as a family of its own.

-- Who caused a run besides initiator_principal_id and requested_by: the senders of the other events of a set. NULL: nobody.
-- root_run_id is the run that a chain of parents and children began with; NULL for that run itself.
ALTER TABLE millwright.run
  ADD COLUMN further_initiators uuid[],
  ADD COLUMN further_requesters text[],
  ADD COLUMN root_run_id uuid;

ALTER TABLE millwright.human_task
  -- A task for persons alone has no role.
  ALTER COLUMN role DROP NOT NULL,
  -- Roles besides role, and persons by principal or by mail address in lower case, that may decide as well.
  ADD COLUMN candidate_roles text[] NOT NULL DEFAULT '{}',
  ADD COLUMN candidate_people text[] NOT NULL DEFAULT '{}',
  ADD COLUMN further_initiators uuid[] NOT NULL DEFAULT '{}',
  ADD COLUMN further_requesters text[] NOT NULL DEFAULT '{}',
  -- The task of the definition; NULL for tasks from before this migration.
  ADD COLUMN task_name text,
  -- The first run of the parents and children that the task's run is one of; NULL means run_id.
  ADD COLUMN family_run_id uuid,
  ADD COLUMN follow_up_at timestamptz,
  -- Moments at which people are reminded, in order, and how many of them were acted on.
  ADD COLUMN reminders timestamptz[] NOT NULL DEFAULT '{}',
  ADD COLUMN reminders_sent smallint NOT NULL DEFAULT 0,
  -- How it is decided beyond the first decision: quorum, veto, delegation, excludeInitiator, separateFrom, signature,
  -- announce. No query looks into it.
  ADD COLUMN terms json NOT NULL DEFAULT '{}',
  -- Who handed a claimed task on: both count as having decided it.
  ADD COLUMN delegated_by_principal_id uuid,
  ADD COLUMN delegated_by_name text,
  -- What came of it; NULL while it is open, and for tasks from before this migration.
  ADD COLUMN outcome text,
  ADD CONSTRAINT human_task_is_for_somebody CHECK (
    role IS NOT NULL OR cardinality(candidate_roles) + cardinality(candidate_people) > 0) NOT VALID,
  ADD CONSTRAINT human_task_candidates_are_bounded CHECK (
    cardinality(candidate_roles) <= 20 AND cardinality(candidate_people) <= 100) NOT VALID,
  ADD CONSTRAINT human_task_reminders_are_bounded CHECK (
    cardinality(reminders) <= 20 AND reminders_sent BETWEEN 0 AND cardinality(reminders)) NOT VALID,
  ADD CONSTRAINT an_open_task_was_not_handed_on CHECK (
    delegated_by_principal_id IS NULL OR status <> 'open') NOT VALID,
  ADD CONSTRAINT only_a_closed_task_has_an_outcome CHECK (outcome IS NULL OR closed_at IS NOT NULL) NOT VALID,
  ADD CONSTRAINT human_task_names_are_bounded CHECK (
    length(task_name) BETWEEN 1 AND 1000 AND length(outcome) BETWEEN 1 AND 100) NOT VALID;
-- What people ask for: what is most urgent stands first.
CREATE INDEX human_task_urgency ON millwright.human_task (
  partner_id, client_id, plant_id, (-priority), (coalesce(due_at, 'infinity'::timestamptz)), human_task_id)
WHERE status IN ('open', 'claimed');
-- The tasks of a run, its parents and its children: segregation of duties is checked over all of them. The run leads, so that
-- no plan takes this index where the key is meant.
CREATE INDEX human_task_family ON millwright.human_task (
  (coalesce(family_run_id, run_id)), partner_id, client_id, plant_id);

-- Each decision of each person; one of them closes the task, the others of a quorum do not.
ALTER TABLE millwright.human_task_decision
  -- Somebody who was named as a person decides in no role.
  ALTER COLUMN decided_as_role DROP NOT NULL,
  ADD COLUMN ordinal smallint NOT NULL DEFAULT 1,
  ADD COLUMN closes boolean NOT NULL DEFAULT true,
  ADD COLUMN on_behalf_of_principal_id uuid,
  ADD COLUMN on_behalf_of_name text,
  ADD COLUMN signature_meaning text,
  DROP CONSTRAINT human_task_decision_pkey,
  ADD CONSTRAINT human_task_decision_pkey PRIMARY KEY (partner_id, client_id, plant_id, human_task_id, ordinal),
  ADD CONSTRAINT a_person_decides_once UNIQUE (
    partner_id, client_id, plant_id, human_task_id, decided_by_principal_id),
  ADD CONSTRAINT nobody_acts_for_oneself CHECK (
    on_behalf_of_principal_id IS DISTINCT FROM decided_by_principal_id
    AND (on_behalf_of_principal_id IS NULL) = (on_behalf_of_name IS NULL)) NOT VALID,
  ADD CONSTRAINT decisions_count_from_one CHECK (ordinal >= 1) NOT VALID;
CREATE UNIQUE INDEX one_decision_closes ON millwright.human_task_decision (
  partner_id, client_id, plant_id, human_task_id)
WHERE closes;

-- Who signed what, and what it meant. signed is the text that sha256 is of: task, evidence, outcome, values, signer, time.
CREATE TABLE millwright.human_task_signature (
  partner_id uuid NOT NULL,
  client_id uuid NOT NULL,
  plant_id uuid NOT NULL,
  human_task_id uuid NOT NULL,
  principal_id uuid NOT NULL,
  principal_name text NOT NULL,
  meaning text NOT NULL,
  signed_at timestamptz NOT NULL,
  signed text NOT NULL,
  sha256 bytea NOT NULL,
  CONSTRAINT human_task_signature_pkey PRIMARY KEY (partner_id, client_id, plant_id, human_task_id, principal_id),
  CONSTRAINT signature_belongs_to_a_task FOREIGN KEY (partner_id, client_id, plant_id, human_task_id)
    REFERENCES millwright.human_task (partner_id, client_id, plant_id, human_task_id),
  CONSTRAINT signature_meaning_is_bounded CHECK (length(meaning) BETWEEN 1 AND 200),
  CONSTRAINT signature_is_of_its_text CHECK (sha256 = pg_catalog.sha256(convert_to(signed, 'UTF8')))
);
CALL millwright.protect('millwright.human_task_signature', 'plant');
CALL millwright.grant_access('millwright.human_task_signature', ARRAY['SELECT', 'INSERT']);
CREATE TRIGGER human_task_signature_is_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE
ON millwright.human_task_signature
FOR EACH STATEMENT EXECUTE FUNCTION millwright.refuse_change();

CREATE TABLE millwright.human_task_comment (
  partner_id uuid NOT NULL,
  client_id uuid NOT NULL,
  plant_id uuid NOT NULL,
  human_task_id uuid NOT NULL,
  comment_id uuid NOT NULL,
  author_principal_id uuid NOT NULL,
  author_name text NOT NULL,
  written_at timestamptz NOT NULL,
  body text NOT NULL,
  CONSTRAINT human_task_comment_pkey PRIMARY KEY (partner_id, client_id, plant_id, human_task_id, comment_id),
  CONSTRAINT comment_belongs_to_a_task FOREIGN KEY (partner_id, client_id, plant_id, human_task_id)
    REFERENCES millwright.human_task (partner_id, client_id, plant_id, human_task_id),
  CONSTRAINT comment_is_bounded CHECK (length(body) BETWEEN 1 AND 10000)
);
CALL millwright.protect('millwright.human_task_comment', 'plant');
CALL millwright.grant_access('millwright.human_task_comment', ARRAY['SELECT', 'INSERT']);
CREATE TRIGGER human_task_comment_is_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON millwright.human_task_comment
FOR EACH STATEMENT EXECUTE FUNCTION millwright.refuse_change();

-- Files as evidence, once a plant whatever they are called: the key is the SHA-256 of the content.
CREATE TABLE millwright.evidence_file (
  partner_id uuid NOT NULL,
  client_id uuid NOT NULL,
  plant_id uuid NOT NULL,
  sha256 bytea NOT NULL,
  content bytea NOT NULL,
  stored_at timestamptz NOT NULL,
  CONSTRAINT evidence_file_pkey PRIMARY KEY (partner_id, client_id, plant_id, sha256),
  CONSTRAINT evidence_is_bounded CHECK (octet_length(content) BETWEEN 1 AND 10485760),
  CONSTRAINT evidence_is_what_its_key_says CHECK (sha256 = pg_catalog.sha256(content))
);
CALL millwright.protect('millwright.evidence_file', 'plant');
CALL millwright.grant_access('millwright.evidence_file', ARRAY['SELECT', 'INSERT']);
CREATE TRIGGER evidence_file_is_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON millwright.evidence_file
FOR EACH STATEMENT EXECUTE FUNCTION millwright.refuse_change();

CREATE TABLE millwright.human_task_evidence (
  partner_id uuid NOT NULL,
  client_id uuid NOT NULL,
  plant_id uuid NOT NULL,
  human_task_id uuid NOT NULL,
  evidence_id uuid NOT NULL,
  sha256 bytea NOT NULL,
  file_name text NOT NULL,
  media_type text NOT NULL,
  size_bytes integer NOT NULL,
  attached_by_principal_id uuid NOT NULL,
  attached_by_name text NOT NULL,
  attached_at timestamptz NOT NULL,
  CONSTRAINT human_task_evidence_pkey PRIMARY KEY (partner_id, client_id, plant_id, human_task_id, evidence_id),
  CONSTRAINT a_file_is_attached_once UNIQUE (partner_id, client_id, plant_id, human_task_id, sha256),
  CONSTRAINT evidence_belongs_to_a_task FOREIGN KEY (partner_id, client_id, plant_id, human_task_id)
    REFERENCES millwright.human_task (partner_id, client_id, plant_id, human_task_id),
  CONSTRAINT evidence_has_its_content FOREIGN KEY (partner_id, client_id, plant_id, sha256)
    REFERENCES millwright.evidence_file (partner_id, client_id, plant_id, sha256),
  CONSTRAINT evidence_names_are_bounded CHECK (
    length(file_name) BETWEEN 1 AND 200 AND length(media_type) BETWEEN 1 AND 200)
);
CALL millwright.protect('millwright.human_task_evidence', 'plant');
CALL millwright.grant_access('millwright.human_task_evidence', ARRAY['SELECT', 'INSERT']);
CREATE TRIGGER human_task_evidence_is_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON millwright.human_task_evidence
FOR EACH STATEMENT EXECUTE FUNCTION millwright.refuse_change();

-- What is to be told as an event of the plant: written with the change, deleted with the event that tells it.
CREATE TABLE millwright.human_task_announcement (
  partner_id uuid NOT NULL,
  client_id uuid NOT NULL,
  plant_id uuid NOT NULL,
  announcement_id uuid NOT NULL,
  human_task_id uuid NOT NULL,
  kind text NOT NULL,
  detail json NOT NULL,
  made_at timestamptz NOT NULL,
  CONSTRAINT human_task_announcement_pkey PRIMARY KEY (partner_id, client_id, plant_id, announcement_id),
  CONSTRAINT announcement_kind_is_known CHECK (
    kind IN ('opened', 'assigned', 'reminder', 'escalated', 'decided', 'expired'))
) WITH (autovacuum_vacuum_scale_factor = 0.02);
CALL millwright.protect('millwright.human_task_announcement', 'plant');
-- UPDATE lets them be locked; nobody changes one.
CALL millwright.grant_access('millwright.human_task_announcement', ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']);
-- Read across tenants, oldest first.
CREATE INDEX human_task_announcement_in_order ON millwright.human_task_announcement (made_at);

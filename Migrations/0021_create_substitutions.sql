-- Purpose: who decides human tasks for somebody who is away.
-- Locks: the foreign keys take SHARE ROW EXCLUSIVE on principal, client and plant for a moment.
--
-- The tenant columns are the scope in which the substitution holds, and everything below it sees it: a decision in a plant
-- asks for those of the plant and of its client.

CREATE TABLE millwright.substitution (
  partner_id uuid NOT NULL,
  client_id uuid,
  plant_id uuid,
  substitution_id uuid NOT NULL,
  -- Who is away, and who stands in.
  principal_id uuid NOT NULL,
  principal_name text NOT NULL,
  substitute_principal_id uuid NOT NULL,
  substitute_name text NOT NULL,
  -- Only for tasks of this role; NULL for all.
  role text,
  -- The substitute may decide in roles that it does not hold itself. Only an administrator can say so.
  lends_roles boolean NOT NULL,
  begins_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL,
  created_by_principal_id uuid,
  created_at timestamptz NOT NULL,
  ended_early_at timestamptz,
  CONSTRAINT substitution_pkey PRIMARY KEY (partner_id, substitution_id),
  CONSTRAINT substitution_is_of_a_principal FOREIGN KEY (partner_id, principal_id)
    REFERENCES millwright.principal (partner_id, principal_id),
  CONSTRAINT substitution_is_by_a_principal FOREIGN KEY (partner_id, substitute_principal_id)
    REFERENCES millwright.principal (partner_id, principal_id),
  CONSTRAINT substitution_in_client FOREIGN KEY (partner_id, client_id)
    REFERENCES millwright.client (partner_id, client_id),
  CONSTRAINT substitution_in_plant FOREIGN KEY (partner_id, client_id, plant_id)
    REFERENCES millwright.plant (partner_id, client_id, plant_id),
  CONSTRAINT nobody_is_ones_own_substitute CHECK (principal_id <> substitute_principal_id),
  CONSTRAINT substitution_ends_after_it_begins CHECK (ends_at > begins_at),
  CONSTRAINT substitution_role_is_short CHECK (length(role) BETWEEN 1 AND 100)
);
CALL millwright.protect('millwright.substitution', 'any', 'read');
CALL millwright.grant_access('millwright.substitution', ARRAY['SELECT', 'INSERT', 'UPDATE']);
CREATE INDEX substitution_by_substitute ON millwright.substitution (partner_id, substitute_principal_id)
WHERE ended_early_at IS NULL;

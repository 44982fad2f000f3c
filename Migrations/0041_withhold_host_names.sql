-- Purpose: host names that the platform has withdrawn, and that no tenant claims again until it lets them go.
-- Locks: none (creates new objects only).

CREATE TABLE millwright.withheld_host (
  -- The platform's own rows: the nil UUID.
  partner_id uuid NOT NULL,
  host text NOT NULL,
  reason text NOT NULL,
  withheld_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT withheld_host_pkey PRIMARY KEY (partner_id, host),
  CONSTRAINT withheld_host_is_the_platforms CHECK (partner_id = '00000000-0000-0000-0000-000000000000'),
  CONSTRAINT withheld_host_is_plain CHECK (host ~ '^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$'),
  CONSTRAINT withheld_host_has_reason CHECK (length(reason) BETWEEN 1 AND 2000)
);
CALL millwright.protect('millwright.withheld_host', 'partner');
CALL millwright.grant_access(
  'millwright.withheld_host', ARRAY['SELECT', 'INSERT', 'DELETE'], ARRAY['millwright_platform']);

-- Purpose: the guards of the hot transactions (assert_intake, assert_epoch) cost a third of what they did.
-- Locks: none but on the functions, for a moment.
--
-- A function in SQL that is called from PL/pgSQL is read and planned again by every transaction: it was two thirds of
-- the guard's time, which stands in every transaction of the intake.  What was in trigger_revision, assert_active and
-- plan_for_any_plant stands in the guards themselves now, where PL/pgSQL keeps the plans.  The functions stay for the
-- transactions that are not hot.

CREATE OR REPLACE FUNCTION millwright.assert_intake(
  partner uuid, client uuid, plant uuid, known_revision bigint, event_types text[]
) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
  revision bigint;
BEGIN
  PERFORM set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true);
  PERFORM FROM millwright.plant AS p
  JOIN millwright.client AS c ON c.partner_id = p.partner_id AND c.client_id = p.client_id
  JOIN millwright.partner AS o ON o.partner_id = p.partner_id
  WHERE p.partner_id = partner AND p.client_id = client AND p.plant_id = plant
    AND p.status = 'active' AND c.status = 'active' AND o.status = 'active';
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the plant is not active' USING ERRCODE = 'MW002';
  END IF;
  SELECT coalesce(sum(workflow.row_version), 0)
  INTO revision
  FROM millwright.workflow AS workflow
  WHERE workflow.partner_id = partner AND workflow.client_id = client AND workflow.plant_id = plant;
  IF revision <> known_revision THEN
    RAISE EXCEPTION 'the workflows of the plant have changed' USING ERRCODE = 'MW003';
  END IF;
  IF cardinality(event_types) > 0 THEN
    PERFORM FROM millwright.run_listener AS listener
    WHERE listener.partner_id = partner AND listener.client_id = client AND listener.plant_id = plant
      AND listener.event_type = ANY (event_types || ''::text)
    LIMIT 1;
    IF FOUND THEN
      RAISE EXCEPTION 'a run listens for one of the events' USING ERRCODE = 'MW004';
    END IF;
  END IF;
END
$$;

CREATE OR REPLACE FUNCTION millwright.assert_epoch(partner uuid, client uuid, plant uuid, claimed bigint) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
  current_epoch bigint;
BEGIN
  PERFORM set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true);
  SELECT runner.epoch
  INTO current_epoch
  FROM millwright.runner AS runner
  WHERE runner.partner_id = partner AND runner.client_id = client AND runner.plant_id = plant
  FOR SHARE;
  IF current_epoch IS DISTINCT FROM claimed THEN
    RAISE EXCEPTION 'epoch % is not the current one', claimed USING ERRCODE = 'MW001';
  END IF;
END
$$;

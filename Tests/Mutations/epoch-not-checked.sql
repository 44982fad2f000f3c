-- The fence lets every runner through.
CREATE OR REPLACE FUNCTION millwright.assert_epoch(partner uuid, client uuid, plant uuid, claimed bigint) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM millwright.plan_for_any_plant();
END
$$;

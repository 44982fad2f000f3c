-- Slots of a limited workflow are given and not counted.
CREATE FUNCTION millwright.keep_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.admitted := OLD.admitted;
  RETURN NEW;
END
$$;
CREATE TRIGGER count_stays BEFORE UPDATE ON millwright.workflow_policy
FOR EACH ROW WHEN (NEW.admitted > OLD.admitted) EXECUTE FUNCTION millwright.keep_count();

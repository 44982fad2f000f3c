-- A run forgets the business key that other starts are compared with.
CREATE FUNCTION millwright.forget_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.business_key := NULL;
  RETURN NEW;
END
$$;
CREATE TRIGGER key_is_forgotten BEFORE INSERT ON millwright.run
FOR EACH ROW WHEN (NEW.parent_run_id IS NULL) EXECUTE FUNCTION millwright.forget_key();

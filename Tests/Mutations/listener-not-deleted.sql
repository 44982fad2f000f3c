-- A listener that has heard its event stays.
CREATE FUNCTION millwright.keep_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER listener_stays BEFORE DELETE ON millwright.run_listener
FOR EACH ROW EXECUTE FUNCTION millwright.keep_row();

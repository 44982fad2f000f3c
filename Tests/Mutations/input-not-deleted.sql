-- An answer that a commit consumed stays.
CREATE FUNCTION millwright.keep_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER input_stays BEFORE DELETE ON millwright.run_input
FOR EACH ROW EXECUTE FUNCTION millwright.keep_row();

-- What a person decided does not always reach the run.
CREATE FUNCTION millwright.lose_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER answer_is_lost BEFORE INSERT ON millwright.run_input
FOR EACH ROW WHEN (NEW.answered_by ->> 'principal' IS NOT NULL) EXECUTE FUNCTION millwright.lose_row();

-- A run that listened for an event is not told of it.
CREATE FUNCTION millwright.lose_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER heard_event_is_lost BEFORE INSERT ON millwright.run_input
FOR EACH ROW WHEN (NEW.answered_by ->> 'event' IS NOT NULL) EXECUTE FUNCTION millwright.lose_row();

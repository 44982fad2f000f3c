-- Clocks say what they have to say, and nobody is told.
CREATE FUNCTION millwright.lose_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER told_event_is_lost BEFORE INSERT ON millwright.event
FOR EACH ROW WHEN (NEW.type LIKE 'millwright.sla.%') EXECUTE FUNCTION millwright.lose_row();

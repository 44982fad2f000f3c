-- Calls to other systems in later transitions are not metered.
CREATE FUNCTION millwright.lose_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER usage_is_lost BEFORE INSERT ON millwright.usage_record
FOR EACH ROW WHEN (NEW.meter = 'connector-calls' AND NEW.sequence > 2) EXECUTE FUNCTION millwright.lose_row();

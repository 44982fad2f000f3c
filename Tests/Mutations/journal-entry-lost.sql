-- The journal forgets that a retry began.
CREATE FUNCTION millwright.lose_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER entry_is_lost BEFORE INSERT ON millwright.journal_entry
FOR EACH ROW WHEN (NEW.kind = 'wait-opened' AND NEW.ordinal > 4) EXECUTE FUNCTION millwright.lose_row();

-- Of the votes of a panel the first is not kept.
CREATE FUNCTION millwright.lose_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER vote_is_lost BEFORE INSERT ON millwright.human_task_decision
FOR EACH ROW WHEN (NOT NEW.closes) EXECUTE FUNCTION millwright.lose_row();

import Database
import Primitives

/// A run with all that it started, and what they started: duties are kept apart over all of them.
struct RunFamily: Sendable {
    let plant: PlantKey
    /// The run that they began with.
    let root: RunID

    /// Holds the family against everybody who decides one of its human tasks (`FamilyDecision.lock`), until the transaction ends.
    static func lock(ofRun id: RunID, _ plant: PlantKey) -> Statement {
        """
        SELECT pg_advisory_xact_lock(hashtextextended(coalesce(run.root_run_id, run.run_id)::text, 20))
        FROM millwright.run AS run
        WHERE \(fragment: plant.owns("run")) AND run.run_id = \(id)
        """
    }

    /// Whoever chooses the way of one run is behind the whole family from then on, and behind its open tasks.
    func adding(_ person: PrincipalID) -> [Statement] {
        [
            """
            \(fragment: members)
            UPDATE millwright.run AS run
            SET further_initiators = array_append(coalesce(run.further_initiators, '{}'), \(person))
            FROM family
            WHERE \(fragment: plant.owns("run")) AND run.run_id = family.run_id
              AND run.initiator_principal_id IS DISTINCT FROM \(person)
              AND \(person) <> ALL (coalesce(run.further_initiators, '{}'))
            """,
            """
            UPDATE millwright.human_task AS task
            SET further_initiators = array_append(task.further_initiators, \(person))
            WHERE \(fragment: plant.owns("task")) AND coalesce(task.family_run_id, task.run_id) = \(root)
              AND task.initiator_principal_id IS DISTINCT FROM \(person)
              AND \(person) <> ALL (task.further_initiators)
            """,
        ]
    }

    /// What a person has to do with the family, and whether people who are kept apart were asked in it: `is_cause`,
    /// `is_decider`, `is_guarded`.
    ///
    /// - Parameter names: how data may name the person as having asked for a run.
    func involvement(of person: PrincipalID, named names: [String]) -> Statement {
        """
        \(fragment: members), named AS (
          SELECT lower(given.name) AS name FROM unnest(\(names)) AS given (name)
        ), task AS (
          SELECT task.human_task_id, task.initiator_principal_id, task.further_initiators, task.requested_by,
            task.further_requesters, task.delegated_by_principal_id, \(raw: Self.asksApart) AS asks_apart
          FROM millwright.human_task AS task
          WHERE \(fragment: plant.owns("task")) AND coalesce(task.family_run_id, task.run_id) = \(root)
        )
        SELECT
          EXISTS (
            SELECT FROM family
            WHERE family.initiator_principal_id = \(person) OR \(person) = ANY (family.further_initiators)
              OR lower(family.requested_by) IN (SELECT named.name FROM named)
              OR EXISTS (
                SELECT FROM unnest(family.further_requesters) AS further (name) JOIN named ON lower(further.name) = named.name)
          ) OR EXISTS (
            SELECT FROM task
            WHERE task.initiator_principal_id = \(person) OR \(person) = ANY (task.further_initiators)
              OR lower(task.requested_by) IN (SELECT named.name FROM named)
              OR EXISTS (
                SELECT FROM unnest(task.further_requesters) AS further (name) JOIN named ON lower(further.name) = named.name)
          ) AS is_cause,
          EXISTS (
            SELECT FROM task
            LEFT JOIN millwright.human_task_decision AS decision
              ON \(fragment: plant.owns("decision")) AND decision.human_task_id = task.human_task_id
            WHERE \(person) IN (
              decision.decided_by_principal_id, decision.on_behalf_of_principal_id, task.delegated_by_principal_id)
          ) AS is_decider,
          EXISTS (SELECT FROM task WHERE task.asks_apart) AS is_guarded
        """
    }

    /// Whether a task's decision needs particular people or a signature, as `DutyGuards` says it of a definition.
    static let asksApart: StaticString = """
        (task.four_eyes OR task.terms::text ~ '"(excludeInitiator|separateFrom|signature)":')
        """

    /// The root and everything below it. The chain is no longer than `NewRun.maximumChainDepth`.
    private var members: Statement {
        """
        WITH RECURSIVE family AS (
          SELECT run.run_id, run.initiator_principal_id, run.further_initiators, run.requested_by, run.further_requesters
          FROM millwright.run AS run
          WHERE \(fragment: plant.owns("run")) AND run.run_id = \(root)
          UNION ALL
          SELECT run.run_id, run.initiator_principal_id, run.further_initiators, run.requested_by, run.further_requesters
          FROM family
          JOIN millwright.run AS run ON \(fragment: plant.owns("run")) AND run.parent_run_id = family.run_id
        )
        """
    }
}

package import Database
import JSON
package import Primitives

/// What happened in each plant so far, in numbers that a person can compare with what they know.
package struct PlantOverview: Sendable, Hashable {
    package var plantID: PlantID
    package var client: String
    package var plant: String
    /// All events of the plant, those that its own runs published among them.
    package var events: Int
    /// Those that came from outside.
    package var eventsAccepted: Int
    package var runsStarted: Int
    package var runsOpen: Int
    package var runsCompleted: Int
    package var runsFaulted: Int
    package var runsCancelled: Int
    package var humanTasksOpen: Int
}

/// Reads overviews: of every plant that the scope reaches.
package struct OverviewReader: Sendable {
    private let database: Database

    package init(_ database: Database) { self.database = database }

    package func overviews(in scope: TenantScope) async throws -> [PlantOverview] {
        try await database.read(scope) { transaction in
            let rows = try await transaction.query(
                """
                SELECT plant.plant_id, client.name AS client, plant.name AS plant,
                    (SELECT count(*) FROM millwright.event AS event
                     WHERE event.partner_id = plant.partner_id AND event.client_id = plant.client_id
                        AND event.plant_id = plant.plant_id) AS events,
                    (SELECT count(*) FROM millwright.event AS event
                     WHERE event.partner_id = plant.partner_id AND event.client_id = plant.client_id
                        AND event.plant_id = plant.plant_id AND event.emitted_by_run_id IS NULL) AS accepted,
                    coalesce(run.started, 0) AS started,
                    coalesce(run.open, 0) AS open, coalesce(run.completed, 0) AS completed,
                    coalesce(run.faulted, 0) AS faulted, coalesce(run.cancelled, 0) AS cancelled,
                    (SELECT count(*) FROM millwright.human_task AS task
                     WHERE task.partner_id = plant.partner_id AND task.client_id = plant.client_id
                        AND task.plant_id = plant.plant_id AND task.status IN ('open', 'claimed')) AS tasks
                FROM millwright.plant AS plant
                JOIN millwright.client AS client USING (partner_id, client_id)
                LEFT JOIN LATERAL (
                    SELECT count(*) AS started,
                        count(*) FILTER (WHERE status IN ('pending', 'running', 'waiting', 'suspended')) AS open,
                        count(*) FILTER (WHERE status = 'completed') AS completed,
                        count(*) FILTER (WHERE status = 'faulted') AS faulted,
                        count(*) FILTER (WHERE status = 'cancelled') AS cancelled
                    FROM millwright.run AS run
                    WHERE run.partner_id = plant.partner_id AND run.client_id = plant.client_id
                        AND run.plant_id = plant.plant_id
                ) AS run ON true
                WHERE plant.status <> 'deleted'
                ORDER BY client.name, plant.name
                """)
            return try rows.map { row in
                PlantOverview(
                    plantID: try row.decode("plant_id"), client: try row.decode("client"),
                    plant: try row.decode("plant"), events: try row.decode("events"),
                    eventsAccepted: try row.decode("accepted"), runsStarted: try row.decode("started"),
                    runsOpen: try row.decode("open"), runsCompleted: try row.decode("completed"),
                    runsFaulted: try row.decode("faulted"), runsCancelled: try row.decode("cancelled"),
                    humanTasksOpen: try row.decode("tasks"))
            }
        }
    }
}

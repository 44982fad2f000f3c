import CPostgres

/// A session of the cluster's superuser, for the checks that look behind row-level security: the simulation makes its plant
/// with it and reads what is left of a seed. Every call blocks its thread; never use it in a process that serves.
package final class MaintenanceSession {
    private let session: BlockingSession

    package init(_ configuration: DatabaseConfiguration, superuser: String) throws(DatabaseError) {
        var parameters = SessionParameters(configuration, role: .owner)
        parameters.user = superuser
        parameters.password = nil
        session = try BlockingSession(parameters)
    }

    /// Runs a script of any number of statements, without parameters.
    package func run(_ script: String) throws(DatabaseError) { try session.run(script) }

    package func query(_ statement: Statement) throws(DatabaseError) -> Rows { try session.query(statement) }

    /// What was notified on the channels that this session listens to, in the order of the commits. It asks the server once,
    /// so that everything that was committed before is in the answer.
    package func notifications() throws(DatabaseError) -> [(channel: String, payload: String)] {
        try session.run("SELECT")
        var heard: [(channel: String, payload: String)] = []
        while let notify = PQnotifies(session.session) {
            heard.append((String(cString: notify.pointee.relname), String(cString: notify.pointee.extra)))
            PQfreemem(notify)
        }
        return heard
    }
}

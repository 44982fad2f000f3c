/// What the check breaks.
enum FaultKind: String, Sendable, CaseIterable {
    case killRunner = "runner killed"
    case stopRunner = "runner stopped"
    case killProvisioner = "control plane with the runners killed"
    case killReplica = "other control plane killed"
    case stopProvisioner = "control plane with the runners stopped"
    case stopReplica = "other control plane stopped"
    case killDatabase = "PostgreSQL killed"
    case killBackend = "a session of PostgreSQL killed"
    case stopDatabase = "PostgreSQL stopped and continued"
    case restartFast = "PostgreSQL restarted (fast)"
    case restartImmediate = "PostgreSQL restarted (immediate)"
    case failOver = "failover to the standby"
    case cutRunner = "network to a runner cut"
    case slowRunner = "network to a runner slow"
    case halfOpenRunner = "network to a runner half-open"
    case deafRunner = "answers to a runner lost"
    case cutDatabase = "network to PostgreSQL cut"
    case slowDatabase = "network to PostgreSQL slow"
    case halfOpenDatabase = "network to PostgreSQL half-open"
    case cutClients = "network of the clients cut"
    case diskFull = "disk full"

    /// Faults that take long, or after which much must be built anew, come less often.
    var weight: Int {
        switch self {
        case .failOver, .diskFull, .halfOpenRunner, .stopProvisioner, .stopRunner: 1
        case .halfOpenDatabase, .stopDatabase, .deafRunner: 2
        case .killRunner, .killProvisioner, .killReplica, .killDatabase, .killBackend: 4
        default: 3
        }
    }

    /// Whether it is over only when time-outs have come.
    var takesLong: Bool {
        switch self {
        case .stopRunner, .stopProvisioner, .stopReplica, .stopDatabase, .halfOpenRunner, .deafRunner,
            .halfOpenDatabase:
            true
        default: false
        }
    }

    /// Where in the flow of work it may strike.
    var points: [FaultPoint] {
        switch self {
        case .killRunner, .stopRunner: [.effectArrived, .effectDone, .syncSent, .syncAnswered]
        case .killProvisioner, .killReplica, .stopProvisioner, .stopReplica, .cutDatabase, .killBackend, .killDatabase,
            .halfOpenDatabase:
            [.eventSent, .eventAnswered, .syncSent, .commitSent, .commitAnswered]
        case .failOver: [.commitSent, .commitAnswered]
        case .cutRunner, .halfOpenRunner, .deafRunner: [.syncSent, .syncAnswered, .effectDone]
        case .cutClients: [.eventSent, .eventAnswered]
        default: []
        }
    }
}

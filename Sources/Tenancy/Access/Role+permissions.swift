extension Role {
    /// What the role may do. This is the one table: the API, its documentation and its tests read it.
    package var permissions: Set<Permission> { Self.table[self] ?? [] }

    private static let table: [Role: Set<Permission>] = Dictionary(
        uniqueKeysWithValues: Role.allCases.map { ($0, $0.tabled) })

    private var tabled: Set<Permission> {
        switch self {
        case .platformAdmin: Set(Permission.allCases).subtracting([.runnerSync])
        case .partnerAdmin: Set(Permission.allCases).subtracting([.runnerSync, .partnersWrite])
        case .partnerOperator:
            Self.observes.union([
                .principalsRead, .credentialsRead, .credentialsWrite, .connectionsWrite, .connectionsTest,
                .workflowsWrite, .eventsWrite, .runsOperate, .runnersOperate, .egressWrite, .processesWrite,
                .templatesPublish, .usageRead, .auditRead,
            ])
        case .billingViewer:
            [.partnersRead, .clientsRead, .plantsRead, .brandRead, .usageRead, .priceBooksRead, .invoicesRead]
        case .clientAdmin:
            Self.observes.union([
                .principalsRead, .principalsWrite, .apiKeysRead, .apiKeysWrite, .roleBindingsRead,
                .roleBindingsWrite, .brandWrite, .plantsWrite, .egressWrite, .processesWrite, .credentialsRead,
                .credentialsWrite, .connectionsWrite, .connectionsTest, .workflowsWrite, .eventsWrite, .runsOperate,
                .humanTasksDecide,
                .usageRead, .priceBooksRead, .invoicesRead, .auditRead, .runnersOperate,
            ])
        case .supervisor: Self.observes.union([.eventsWrite, .runsOperate, .humanTasksDecide, .usageRead])
        case .operator: Self.worksShift
        case .quality: Self.worksShift.union([.runsOperate])
        case .maintenance: Self.worksShift.union([.runsOperate])
        case .auditor:
            Self.observes.union([
                .principalsRead, .apiKeysRead, .roleBindingsRead, .credentialsRead, .usageRead, .priceBooksRead,
                .invoicesRead, .auditRead,
            ])
        case .runner: [.runnerSync]
        }
    }

    /// Sees how a tenant is set up and what runs there; changes nothing.
    private static let observes: Set<Permission> = [
        .partnersRead, .clientsRead, .plantsRead, .brandRead, .egressRead, .processesRead, .connectionsRead,
        .templatesRead, .workflowsRead, .eventsRead, .runsRead, .humanTasksRead, .runnersRead,
    ]

    /// Reports what happens on the line and decides what is asked of the role.
    private static let worksShift: Set<Permission> = [
        .clientsRead, .plantsRead, .brandRead, .workflowsRead, .eventsRead, .eventsWrite, .runsRead, .humanTasksRead,
        .humanTasksDecide,
    ]
}

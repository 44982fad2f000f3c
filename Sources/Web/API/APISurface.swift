package import Billing
package import Catalogue
package import Connectors
package import Execution
package import Hummingbird
package import Insight
import Primitives
package import Tenancy
package import Vault

/// Everything that the API serves, put together: the table of operations with what stands behind them.
package struct APISurface: Sendable {
    /// The parts that the operations call.
    package struct Parts: Sendable {
        package var tenants: TenantDirectory
        package var principals: PrincipalDirectory
        package var authenticator: Authenticator
        package var brands: BrandDirectory
        package var egress: EgressDirectory
        package var privateNetworks: PrivateNetworks
        package var processPolicies: ProcessPolicyDirectory
        package var audit: AuditTrail
        package var vault: Vault
        package var templates: TemplateDirectory
        package var connections: ConnectionDirectory
        package var workflows: WorkflowDirectory
        package var intake: EventIntake
        package var runs: RunDirectory
        package var humanTasks: HumanTaskService
        package var calendars: BusinessCalendarDirectory
        package var runners: RunnerStore
        package var overview: OverviewReader
        package var ledger: UsageLedger
        package var priceBooks: PriceBookDirectory
        package var invoices: InvoiceDirectory
        package var idempotency: IdempotencyStore
        package var limits: RequestLimits
        package var metrics: PrometheusRegistry
        /// What keeps the control plane from serving, by name.
        package var readiness: @Sendable () async -> [String]

        package init(
            tenants: TenantDirectory, principals: PrincipalDirectory, authenticator: Authenticator,
            brands: BrandDirectory, egress: EgressDirectory, privateNetworks: PrivateNetworks,
            processPolicies: ProcessPolicyDirectory, audit: AuditTrail, vault: Vault, templates: TemplateDirectory,
            connections: ConnectionDirectory,
            workflows: WorkflowDirectory,
            intake: EventIntake, runs: RunDirectory, humanTasks: HumanTaskService,
            calendars: BusinessCalendarDirectory, runners: RunnerStore,
            overview: OverviewReader, ledger: UsageLedger, priceBooks: PriceBookDirectory, invoices: InvoiceDirectory,
            idempotency: IdempotencyStore, limits: RequestLimits, metrics: PrometheusRegistry,
            readiness: @escaping @Sendable () async -> [String]
        ) {
            self.tenants = tenants
            self.principals = principals
            self.authenticator = authenticator
            self.brands = brands
            self.egress = egress
            self.privateNetworks = privateNetworks
            self.processPolicies = processPolicies
            self.audit = audit
            self.vault = vault
            self.templates = templates
            self.connections = connections
            self.workflows = workflows
            self.intake = intake
            self.runs = runs
            self.humanTasks = humanTasks
            self.calendars = calendars
            self.runners = runners
            self.overview = overview
            self.ledger = ledger
            self.priceBooks = priceBooks
            self.invoices = invoices
            self.idempotency = idempotency
            self.limits = limits
            self.metrics = metrics
            self.readiness = readiness
        }
    }

    package let table: OperationTable
    private let parts: Parts

    /// - Parameter streamSeconds: how long a stream is written before its reader has to come back.
    package init(
        _ parts: Parts, further: [Operation] = [], version: String,
        streamSeconds: Double = TimelineStream.standardSeconds
    ) {
        self.parts = parts
        let authenticator = parts.authenticator
        let tenants = parts.tenants
        let streams = TimelineStreams(
            seconds: streamSeconds,
            isAllowed: { call in
                guard case .apiKey(let key)? = AccessGate.presented(in: call.headers),
                    let principal = try await authenticator.authenticate(apiKey: key.reveal())?.principal
                else { return false }
                guard try await tenants.place(of: call.scope)?.status == .active else { return false }
                return principal.allows(.runsRead, in: call.scope)
            }, changes: { authenticator.changes(of: $0) })
        let box = DocumentBox()
        let system = SystemOperations(
            readiness: parts.readiness, metrics: { parts.metrics.exposition() }, openAPI: { box.value })
        table = OperationTable(
            system.all
                + TenantOperations(tenants: parts.tenants).all
                + PrincipalOperations(principals: parts.principals).all
                + BrandOperations(brands: parts.brands).all
                + HostNameOperations(brands: parts.brands).all
                + EgressOperations(egress: parts.egress).all
                + ProcessPolicyOperations(policies: parts.processPolicies).all
                + CredentialOperations(vault: parts.vault).all
                + CatalogueOperations(
                    templates: parts.templates, connections: parts.connections, workflows: parts.workflows
                ).all
                + ConnectionTestOperations(
                    tester: ConnectionTester(
                        connections: parts.connections, vault: parts.vault, egress: parts.egress,
                        privateNetworks: parts.privateNetworks)
                ).all
                + EventOperations(intake: parts.intake, events: parts.intake.directory).all
                + RunOperations(runs: parts.runs).all
                + RunRepairOperations(runs: parts.runs).all
                + BulkOperations(
                    runs: parts.runs, tokens: BulkToken(key: parts.vault.derivedKey(for: "bulk-operation"))
                ).all
                + DeadLetterOperations(letters: parts.runs.deadLetters(intake: parts.intake)).all
                + WorkflowPolicyOperations(policies: parts.runs.policies).all
                + TimelineOperations(
                    timeline: parts.runs.plantTimeline, watchers: parts.runs.watchers, streams: streams,
                    cursors: Self.cursors(parts)
                ).all
                + ScheduleOperations(schedules: parts.runs.schedules).all
                + HumanTaskOperations(humanTasks: parts.humanTasks).all
                + ServiceLevelOperations(runs: parts.runs, calendars: parts.calendars).all
                + EvidenceOperations(humanTasks: parts.humanTasks).all
                + SubstitutionOperations(substitutions: parts.humanTasks.substitutions).all
                + RunnerOperations(runners: parts.runners, overviews: parts.overview).all
                + BillingOperations(
                    ledger: parts.ledger, priceBooks: parts.priceBooks, invoices: parts.invoices, brands: parts.brands
                ).all
                + AuditOperations(trail: parts.audit).all
                + further)
        box.set(OpenAPIDocument(table: table, title: "Millwright", version: version).value)
    }

    package func router() -> Router<MillwrightContext> {
        let parts = parts
        let gate = AccessGate(
            limits: parts.limits,
            identify: { presented, onlyKnown in
                switch presented {
                case .apiKey(let key):
                    try await parts.authenticator.authenticate(apiKey: key.reveal(), onlyKnown: onlyKnown)?.principal
                }
            },
            resolve: { source, id in
                switch source {
                case .platform: .platform
                case .partner: try await parts.tenants.place(of: Identifier<Tags.Partner>(id))?.scope
                case .client: try await parts.tenants.place(of: Identifier<Tags.Client>(id))?.scope
                case .plant: try await parts.tenants.place(of: Identifier<Tags.Plant>(id))?.scope
                }
            },
            isSuspended: { scope in
                try await parts.tenants.place(of: scope)?.status == .suspended
            })
        let responder = APIResponder(
            gate: gate, limits: parts.limits, idempotency: parts.idempotency,
            cursors: Self.cursors(parts))
        return APIServer(table: table, responder: responder).router()
    }

    private static func cursors(_ parts: Parts) -> CursorSeal {
        CursorSeal(key: parts.vault.derivedKey(for: "cursor"))
    }
}

import Billing
import Catalogue
import Database
import Execution
import Insight
import Logging
import Primitives
import ServiceLifecycle
import Tenancy
import Vault
import Web

/// Every domain part on one database: what the control plane serves and what the operator's commands use.
struct Domain: Sendable {
    let settings: Settings
    let database: Database
    let feed: TenancyFeed
    let tenants: TenantDirectory
    let principals: PrincipalDirectory
    let authenticator: Authenticator
    let brands: BrandDirectory
    let egress: EgressDirectory
    let processPolicies: ProcessPolicyDirectory
    /// Rings when a clock of a run, or what it runs by, has changed.
    let clockBell = DeadlineBell()
    let calendars: BusinessCalendarDirectory
    let audit: AuditTrail
    let vault: Vault
    let templates: TemplateDirectory
    let connections: ConnectionDirectory
    let workflows: WorkflowDirectory
    let overview: OverviewReader
    let ledger: UsageLedger
    let priceBooks: PriceBookDirectory
    let invoices: InvoiceDirectory
    let logger: Logger

    init(_ settings: Settings, database configuration: DatabaseConfiguration, logger: Logger) async throws {
        self.settings = settings
        self.logger = logger
        database = Database(configuration, logger: logger)
        feed = TenancyFeed(database: database)
        tenants = TenantDirectory(database: database, feed: feed)
        principals = PrincipalDirectory(database: database, feed: feed)
        authenticator = Authenticator(database: database, feed: feed)
        brands = BrandDirectory(
            database: database, feed: feed, reserved: ReservedHosts(settings.publicNames + [settings.host]))
        egress = EgressDirectory(database: database, feed: feed) {
            settings.privateNetworks.objection(to: $0)
        }
        processPolicies = ProcessPolicyDirectory(database: database, feed: feed)
        calendars = BusinessCalendarDirectory(database: database, bell: clockBell)
        audit = AuditTrail(database: database)
        let masterKey = try MasterKeyLoading.load(settings.masterKey)
        vault = Vault(masterKey: masterKey, database: database, audit: AuditedVault())
        templates = TemplateDirectory(database: database)
        connections = ConnectionDirectory(database: database)
        workflows = WorkflowDirectory(database: database)
        overview = OverviewReader(database)
        ledger = UsageLedger(database: database)
        priceBooks = PriceBookDirectory(database: database)
        invoices = InvoiceDirectory(database: database, brands: brands)
    }
}

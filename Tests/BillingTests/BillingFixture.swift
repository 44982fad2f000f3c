import Billing
import Database
import JSON
import Primitives
import Synchronization
import Tenancy
import TestSupport

/// A plant with prices, and usage written as Execution writes it.
struct BillingFixture: Sendable {
    let tenants: TenantFixture
    let place: TenantFixture.Place
    let clock: SetClock
    let books: PriceBookDirectory
    let ledger: UsageLedger
    let invoices: InvoiceDirectory

    static let january = BillingPeriod("2026-01")!
    static let february = BillingPeriod("2026-02")!
    static let march = BillingPeriod("2026-03")!

    static func with(_ body: (BillingFixture) async throws -> Void) async throws {
        try await TenantFixture.with { tenants in
            let fixture = BillingFixture(
                tenants: tenants, place: try await tenants.makePlant(),
                clock: SetClock(Timestamp("2026-02-03T00:00:00Z")!))
            try await body(fixture)
        }
    }

    private init(tenants: TenantFixture, place: TenantFixture.Place, clock: SetClock) {
        self.tenants = tenants
        self.place = place
        self.clock = clock
        books = PriceBookDirectory(database: tenants.database)
        ledger = UsageLedger(database: tenants.database)
        invoices = InvoiceDirectory(database: tenants.database, brands: tenants.brands, clock: clock)
    }

    var client: Payer { .client(place.partnerID, place.clientID) }
    var partner: Payer { .partner(place.partnerID) }

    static func terms(from day: String = "2026-01-01", price: String = "0.01") throws -> PriceTerms {
        try PriceTerms(json: [
            "name": "Standard", "currency": "EUR", "validFrom": .string(day), "flatFee": 10,
            "meters": [
                "runs": ["included": 2, "tiers": [["unitPrice": .string(price)]]],
                "events": ["tiers": [["upTo": 100, "unitPrice": "0.005"], ["unitPrice": "0.001"]]],
            ],
        ])
    }

    func addBooks() async throws {
        _ = try await books.add(try Self.terms(), for: .clients(of: place.partnerID), by: .system)
        _ = try await books.add(try Self.terms(price: "0.002"), for: .partner(place.partnerID), by: .system)
    }

    /// One usage record. Answers its subject.
    @discardableResult
    func use(
        _ meter: UsageMeter, _ quantity: Int64, at moment: String, in place: TenantFixture.Place? = nil,
        subject: UUIDv7 = UUIDv7(), sequence: Int64 = 1
    ) async throws -> UUIDv7 {
        let record = record(meter, quantity, at: moment, in: place, subject: subject, sequence: sequence)
        _ = try await tenants.database.transaction((place ?? self.place).scope) { try await $0.execute(record) }
        return subject
    }

    func record(
        _ meter: UsageMeter, _ quantity: Int64, at moment: String, in place: TenantFixture.Place? = nil,
        subject: UUIDv7 = UUIDv7(), sequence: Int64 = 1
    ) -> Statement {
        let place = place ?? self.place
        return """
            INSERT INTO millwright.usage_record (
              partner_id, client_id, plant_id, meter, subject_id, sequence, quantity, occurred_at, recorded_at)
            VALUES (
              \(place.partnerID), \(place.clientID), \(place.plantID), \(meter), \(subject), \(sequence),
              \(quantity), \(Timestamp(moment)!), now())
            """
    }
}

/// A clock that stands still until it is set.
final class SetClock: WallClock {
    private let moment: Mutex<Timestamp>
    init(_ moment: Timestamp) { self.moment = Mutex(moment) }
    func now() -> Timestamp { moment.withLock { $0 } }
    func set(_ text: String) { moment.withLock { $0 = Timestamp(text)! } }
}

/// Raised once, seen by everybody.
final class Flag: Sendable {
    private let raised = Mutex(false)
    var isRaised: Bool { raised.withLock { $0 } }
    func raise() { raised.withLock { $0 = true } }
}

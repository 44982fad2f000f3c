import Billing
import JSON
import Primitives
import Testing

@Suite struct RatingTests {
    private static func terms(_ json: JSONValue) throws -> PriceTerms { try PriceTerms(json: json) }

    private static let graduated: JSONValue = [
        "name": "Test", "currency": "EUR", "validFrom": "2026-01-01",
        "meters": [
            "events": [
                "included": 1000,
                "tiers": [
                    ["upTo": 9000, "unitPrice": "0.002"], ["upTo": 99000, "unitPrice": "0.0015"],
                    ["unitPrice": "0.001"],
                ],
            ]
        ],
    ]

    @Test("each unit costs what its own tier says")
    func graduatedTiers() throws {
        let rated = try Rating.rate([.events: 150_000], by: Self.terms(Self.graduated))
        let units = rated.lines.compactMap(\.units)
        #expect(units.map(\.from) == [0, 1000, 10_000, 100_000])
        #expect(units.map(\.to) == [1000, 10_000, 100_000, 150_000])
        #expect(rated.lines.map(\.amountMinor) == [0, 1800, 13_500, 5000])
        #expect(rated.total.description == "203.00 EUR")
    }

    @Test(
        "at a tier's edge the unit belongs to the tier that ends there",
        arguments: [(0, 0), (1000, 0), (1001, 0), (1002, 0), (1003, 1), (10_000, 1800), (10_001, 1800)]
            as [(Int64, Int64)])
    func edges(quantity: Int64, total: Int64) throws {
        #expect(try Rating.rate([.events: quantity], by: Self.terms(Self.graduated)).total.amountMinor == total)
    }

    @Test("fees and minimums are charged whatever is used, each as a line of its own")
    func feesAndMinimums() throws {
        let terms = try Self.terms([
            "name": "Test", "currency": "EUR", "validFrom": "2026-01-01", "flatFee": "49.99", "minimum": 100,
            "meters": [
                "runs": ["tiers": [["unitPrice": "0.01"]], "flatFee": 5, "minimum": 10],
                "tasks": ["flatFee": "0.005"],
            ],
        ])
        let nothing = try Rating.rate([:], by: terms)
        #expect(nothing.lines.map(\.kind) == [.meterFee, .meterMinimum, .meterFee, .fee, .minimum])
        #expect(nothing.lines.map(\.amountMinor) == [500, 500, 1, 4999, 4000])
        #expect(nothing.total.amountMinor == 10_000)
        let much = try Rating.rate([.runs: 100_000, .tasks: 7], by: terms)
        #expect(much.lines.map(\.kind) == [.usage, .meterFee, .included, .meterFee, .fee])
        #expect(much.total.amountMinor == 100_000 + 500 + 1 + 4999)
    }

    @Test("a meter that the book does not name costs nothing and has no line")
    func unnamedMeter() throws {
        #expect(try Rating.rate([.tasks: 5], by: Self.terms(Self.graduated)).lines.isEmpty)
    }

    @Test("what cannot be written or cannot be is refused")
    func refused() throws {
        let terms = try Self.terms([
            "name": "Test", "currency": "EUR", "validFrom": "2026-01-01",
            "meters": ["events": ["tiers": [["unitPrice": "1000000000000"]]]],
        ])
        #expect(throws: RatingError.amountTooLarge) { try Rating.rate([.events: .max], by: terms) }
        #expect(throws: RatingError.negativeQuantity(.events)) { try Rating.rate([.events: -1], by: terms) }
    }

    @Test("each line is rounded by the book's rule, and only there")
    func roundingRule() throws {
        for (rule, amount) in [("half-up", Int64(13)), ("half-even", 12)] {
            let terms = try Self.terms([
                "name": "Test", "currency": "EUR", "validFrom": "2026-01-01", "rounding": .string(rule),
                "meters": ["events": ["tiers": [["unitPrice": "0.125"]]]],
            ])
            #expect(try Rating.rate([.events: 1], by: terms).total.amountMinor == amount)
        }
    }

    /// Random books and quantities. The seed is printed with a failure, so that it can be had again.
    @Test(
        "properties: tiers partition the units, the lines are the total, more units never cost less", arguments: 0..<200
    )
    func properties(seed: Int) throws {
        var generator = SplitMix(state: UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1)
        let terms = Self.randomTerms(&generator)
        let quantity = Int64.random(in: 0...2_000_000, using: &generator)
        let rated = try Rating.rate([.events: quantity], by: terms)
        let rate = try #require(terms.rates[.events])

        let units = rated.lines.compactMap(\.units)
        #expect(units.reduce(0) { $0 + $1.quantity } == quantity, "seed \(seed)")
        for (one, next) in zip(units, units.dropFirst()) { #expect(one.to == next.from, "seed \(seed)") }
        #expect(rated.lines.reduce(0) { $0 + $1.amountMinor } == rated.total.amountMinor, "seed \(seed)")

        // An oracle that knows no tiers: price every unit by itself, in integers of 10^-12, and round per price.
        var exact: [Int64: Int128] = [:]
        for unit in units {
            for index in [unit.from + 1, unit.to] {
                #expect(Self.price(of: index, rate) == unit.unitPrice, "seed \(seed), unit \(index)")
            }
            exact[unit.from] =
                Int128(unit.quantity) * (unit.unitPrice.significand * Self.power(12 - unit.unitPrice.scale))
        }
        for line in rated.lines {
            guard let unit = line.units, let amount = exact[unit.from] else { continue }
            let minor = Int128(line.amountMinor) * Self.power(10)
            #expect((amount - minor).magnitude * 2 <= Self.power(10).magnitude, "seed \(seed)")
        }

        let more = try Rating.rate([.events: quantity + Int64.random(in: 1...50_000, using: &generator)], by: terms)
        #expect(more.total.amountMinor >= rated.total.amountMinor, "seed \(seed)")
        #expect(try Rating.rate([.events: quantity], by: terms) == rated, "seed \(seed)")
    }

    private static func price(of unit: Int64, _ rate: MeterRate) -> Decimal {
        if unit <= rate.included { return .zero }
        return rate.tiers.first { $0.upTo.map { unit - rate.included <= $0 } ?? true }?.unitPrice ?? .zero
    }

    private static func power(_ exponent: Int) -> Int128 { (0..<exponent).reduce(1) { power, _ in power * 10 } }

    private static func randomTerms(_ generator: inout SplitMix) -> PriceTerms {
        var tiers: [PriceTier] = []
        var end: Int64 = 0
        for _ in 0..<Int.random(in: 0...4, using: &generator) {
            end += Int64.random(in: 1...400_000, using: &generator)
            tiers.append(PriceTier(upTo: end, unitPrice: price(&generator)))
        }
        tiers.append(PriceTier(upTo: nil, unitPrice: price(&generator)))
        let rate = MeterRate(
            included: Int64.random(in: 0...300_000, using: &generator), tiers: tiers,
            flatFee: price(&generator), minimum: Decimal(Int64.random(in: 0...500, using: &generator)))
        return PriceTerms(
            name: "Random", currency: Currency("EUR")!, validFrom: CivilDate("2026-01-01")!,
            rounding: Bool.random(using: &generator) ? .halfUp : .halfEven, flatFee: price(&generator),
            minimum: Decimal(Int64.random(in: 0...2000, using: &generator)), rates: [.events: rate])
    }

    private static func price(_ generator: inout SplitMix) -> Decimal {
        Decimal(
            significand: Int128(Int64.random(in: 0...9_999_999, using: &generator)),
            scale: Int.random(in: 2...9, using: &generator))
    }
}

/// S. Vigna, SplitMix64: small, and the same everywhere.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

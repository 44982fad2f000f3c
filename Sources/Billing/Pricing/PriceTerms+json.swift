package import JSON
package import Primitives

extension PriceTerms {
    /// Reads the terms as the API and the tenant files have them, or names everything that is wrong with them.
    ///
    /// Amounts are numbers or decimal texts (`"0.0025"`); both are read exactly.
    package init(json: JSONValue) throws(Problem) {
        var reader = PriceTermsReader()
        let terms = reader.read(json)
        guard let terms, reader.items.isEmpty else {
            throw Problem(.invalidParameters, "The price book cannot be used.", items: reader.items)
        }
        self = terms
    }

    package var json: JSONValue {
        var meters: JSONValue = [:]
        for (meter, rate) in rates.sorted(by: { $0.key < $1.key }) { meters.set(meter.rawValue, rate.json) }
        return [
            "name": .string(name), "currency": .string(currency.code), "validFrom": .string(validFrom.description),
            "rounding": .string(rounding.rawValue), "flatFee": .string(flatFee.description),
            "minimum": .string(minimum.description), "meters": meters,
        ]
    }
}

extension MeterRate {
    var json: JSONValue {
        let tiers: [JSONValue] = tiers.map { tier in
            var value: JSONValue = ["unitPrice": .string(tier.unitPrice.description)]
            if let upTo = tier.upTo { value.set("upTo", JSONValue(upTo)) }
            return value
        }
        return [
            "included": JSONValue(included), "tiers": .array(tiers), "flatFee": .string(flatFee.description),
            "minimum": .string(minimum.description),
        ]
    }
}

private struct PriceTermsReader {
    /// A price has at most 12 decimals and 12 digits before the point: the product with any quantity stays exact.
    static let maximumAmount = Decimal(1_000_000_000_000)
    static let maximumDecimals = 12
    static let maximumTiers = 50

    var items: [Problem.Item] = []

    mutating func read(_ json: JSONValue) -> PriceTerms? {
        refuseUnknown(
            json, ["name", "currency", "validFrom", "rounding", "flatFee", "minimum", "meters"], at: "")
        let name = json["name"]?.stringValue ?? ""
        if !(1...200).contains(name.unicodeScalars.count) { add("/name", "Must be a text of 1 to 200 characters.") }
        let currency = json["currency"]?.stringValue.flatMap { Currency($0) }
        if currency == nil { add("/currency", "Must be an ISO 4217 code, for instance EUR.") }
        let validFrom = json["validFrom"]?.stringValue.flatMap { CivilDate($0) }
        if validFrom?.day != 1 { add("/validFrom", "Must be the first day of a month, yyyy-mm-01.") }
        let rounding = RoundingRule(rawValue: json["rounding"]?.stringValue ?? RoundingRule.halfUp.rawValue)
        if rounding == nil { add("/rounding", "Must be half-up or half-even.") }
        let flatFee = amount(json["flatFee"], "/flatFee")
        let minimum = amount(json["minimum"], "/minimum")
        var rates: [UsageMeter: MeterRate] = [:]
        if let meters = json["meters"]?.objectValue {
            for (key, value) in meters {
                let path = "/meters" + JSONPointer([key]).description
                if let meter = UsageMeter(rawValue: key) {
                    rates[meter] = rate(value, path)
                } else {
                    let known = UsageMeter.allCases.map(\.rawValue).joined(separator: ", ")
                    add(path, "Is not a meter; these are: \(known).")
                }
            }
        } else {
            add("/meters", "Must be an object with a rate for each meter that is charged.")
        }
        guard let currency, let validFrom, let rounding else { return nil }
        return PriceTerms(
            name: name, currency: currency, validFrom: validFrom, rounding: rounding, flatFee: flatFee,
            minimum: minimum, rates: rates)
    }

    private mutating func rate(_ json: JSONValue, _ path: String) -> MeterRate {
        refuseUnknown(json, ["included", "tiers", "flatFee", "minimum"], at: path)
        let included = json["included"].map { $0.intValue.map(Int64.init) ?? -1 } ?? 0
        if included < 0 { add(path + "/included", "Must be a whole number of at least 0.") }
        let listed = json["tiers"] ?? .array([])
        var tiers: [PriceTier] = []
        if let values = listed.arrayValue, values.count <= Self.maximumTiers {
            tiers = values.enumerated().map { tier($1, "\(path)/tiers/\($0)") }
        } else {
            add(path + "/tiers", "Must be an array of at most \(Self.maximumTiers) tiers.")
        }
        checkOrder(of: tiers, path)
        return MeterRate(
            included: included, tiers: tiers, flatFee: amount(json["flatFee"], path + "/flatFee"),
            minimum: amount(json["minimum"], path + "/minimum"))
    }

    private mutating func tier(_ json: JSONValue, _ path: String) -> PriceTier {
        refuseUnknown(json, ["upTo", "unitPrice"], at: path)
        var upTo: Int64?
        if let value = json["upTo"], !value.isNull {
            upTo = value.intValue.map(Int64.init)
            if (upTo ?? 0) <= 0 { add(path + "/upTo", "Must be a whole number above 0; leave it out for no end.") }
        }
        if json["unitPrice"] == nil { add(path + "/unitPrice", "Is missing.") }
        return PriceTier(upTo: upTo, unitPrice: amount(json["unitPrice"], path + "/unitPrice"))
    }

    /// Every unit must have exactly one price.
    private mutating func checkOrder(of tiers: [PriceTier], _ path: String) {
        var last: Int64 = 0
        for (index, tier) in tiers.enumerated() {
            let isLast = index == tiers.count - 1
            if isLast {
                if tier.upTo != nil { add("\(path)/tiers/\(index)/upTo", "The last tier has no end; leave it out.") }
            } else if let upTo = tier.upTo {
                if upTo <= last { add("\(path)/tiers/\(index)/upTo", "Must be above the end of the tier before it.") }
                last = upTo
            } else {
                add("\(path)/tiers/\(index)/upTo", "Only the last tier may have no end.")
            }
        }
    }

    private mutating func amount(_ json: JSONValue?, _ path: String) -> Decimal {
        guard let json, !json.isNull else { return .zero }
        let text: String? =
            switch json {
            case .string(let text): text
            case .number(let number): number.literal
            default: nil
            }
        guard let amount = text.flatMap({ Decimal($0) }), !amount.isNegative, amount <= Self.maximumAmount,
            amount.scale <= Self.maximumDecimals
        else {
            add(path, "Must be a decimal of at least 0 with at most \(Self.maximumDecimals) decimals.")
            return .zero
        }
        return amount
    }

    private mutating func refuseUnknown(_ json: JSONValue, _ known: Set<String>, at path: String) {
        guard let object = json.objectValue else {
            add(path, "Must be an object.")
            return
        }
        for (key, _) in object where !known.contains(key) {
            add(path + JSONPointer([key]).description, "Is not a field that is known here.")
        }
    }

    private mutating func add(_ path: String, _ message: String) { items.append(.init(path: path, message: message)) }
}

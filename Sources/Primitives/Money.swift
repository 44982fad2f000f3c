/// A currency of ISO 4217 and how many decimals its minor unit has.
public struct Currency: Sendable, Hashable, CustomStringConvertible, LosslessStringConvertible {
    public let code: String

    /// `nil` for a code that is not in use.
    public init?(_ code: String) {
        guard Self.codes.contains(code) else { return nil }
        self.code = code
    }

    /// Decimals of the minor unit: 2 for EUR, 0 for JPY, 3 for KWD.
    public var decimals: Int { Self.otherDecimals[code] ?? 2 }

    public var description: String { code }

    /// ISO 4217, list one: those whose minor unit is not a hundredth.
    private static let otherDecimals: [String: Int] = [
        "BHD": 3, "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "IQD": 3, "ISK": 0, "JOD": 3, "JPY": 0, "KMF": 0, "KRW": 0,
        "KWD": 3, "LYD": 3, "OMR": 3, "PYG": 0, "RWF": 0, "TND": 3, "UGX": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0,
        "XPF": 0,
    ]

    private static let codes: Set<String> = Set(
        """
        AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP \
        CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG \
        HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL \
        MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR \
        RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD \
        TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG
        """.split(separator: " ").map(String.init))
}

/// An amount that can be paid: whole minor units of one currency.
public struct Money: Sendable, Hashable, CustomStringConvertible {
    public let amountMinor: Int64
    public let currency: Currency

    public init(amountMinor: Int64, currency: Currency) {
        self.amountMinor = amountMinor
        self.currency = currency
    }

    /// An exact amount, rounded to the minor unit by the rule; `nil` when it is too large to be kept.
    public init?(_ amount: Decimal, _ currency: Currency, rounding rule: RoundingRule) {
        let rounded = amount.rounded(decimals: currency.decimals, rule)
        guard let minor = rounded.scaled(toDecimals: currency.decimals) else { return nil }
        self.init(amountMinor: minor, currency: currency)
    }

    /// The amount in the major unit, exactly.
    public var amount: Decimal { Decimal(significand: Int128(amountMinor), scale: currency.decimals) }

    /// `1250.00 EUR`.
    public var description: String { "\(amount.text(decimals: currency.decimals)) \(currency.code)" }
}

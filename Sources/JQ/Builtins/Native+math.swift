import JSON

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

extension Native {
    static let mathBuiltins: [(String, Native)] =
        [
            ("infinite", .zero { _, _ in JSONValue(Double.infinity) }),
            ("nan", .zero { _, _ in JSONValue(Double.nan) }),
            ("isinfinite", .zero { value, _ in .bool(value.doubleValue?.isInfinite ?? false) }),
            ("isnan", .zero { value, _ in .bool(value.doubleValue?.isNaN ?? false) }),
            ("isnormal", .zero { value, _ in .bool(value.doubleValue?.isNormal ?? false) }),
            (
                "isfinite",
                .zero { value, _ in
                    if case .number(let number) = value { return .bool(!number.double.isInfinite) }
                    return .bool(false)
                }
            ),
            (
                "abs",
                .zero { (value, _) throws(Fault) in
                    if case .number(let number) = value { return .number(absolute(number)) }
                    if case .string = value { return value }
                    if value.isContainer { return value }
                    throw .message("\(ErrorText.full(value)) has no absolute value")
                }
            ),
            (
                "fma",
                .three { (_, a, b, c, _) throws(Fault) in
                    JSONValue(fma(try double(a), try double(b), try double(c)))
                }
            ),
            (
                "modf",
                .zero { (value, _) throws(Fault) in
                    let number = try double(value)
                    if number.isInfinite { return .array([JSONValue(number < 0 ? -0.0 : 0.0), JSONValue(number)]) }
                    let whole = number.rounded(.towardZero)
                    return .array([JSONValue(number - whole), JSONValue(whole)])
                }
            ),
            (
                "frexp",
                .zero { (value, _) throws(Fault) in
                    let number = try double(value)
                    if number == 0 || !number.isFinite { return .array([JSONValue(number), 0]) }
                    let exponent = number.exponent + 1
                    return .array([JSONValue(scalbn(number, -Int32(exponent))), JSONValue(Int(exponent))])
                }
            ),
            (
                "lgamma_r",
                .zero { (value, _) throws(Fault) in
                    let number = try double(value)
                    let isNegative = number < 0 && Int64(exactly: number.rounded(.down)).map { $0 % 2 != 0 } ?? false
                    return .array([JSONValue(Self.logGamma(number)), JSONValue(isNegative ? -1 : 1)])
                }
            ),
            (
                "significand",
                .zero { (value, _) throws(Fault) in
                    let number = try double(value)
                    return JSONValue(number == 0 || !number.isFinite ? number : scalbn(number, -Int32(number.exponent)))
                }
            ),
        ]
        + unary.map { name, function in
            (name, .zero { (value, _) throws(Fault) in JSONValue(function(try double(value))) })
        }
        + binary.map { name, function in
            (name, .two { (_, a, b, _) throws(Fault) in JSONValue(function(try double(a), try double(b))) })
        }

    private static let unary: [(String, @Sendable (Double) -> Double)] = [
        ("floor", { $0.rounded(.down) }), ("ceil", { $0.rounded(.up) }), ("trunc", { $0.rounded(.towardZero) }),
        ("round", { $0.rounded(.toNearestOrAwayFromZero) }), ("rint", { $0.rounded(.toNearestOrEven) }),
        ("nearbyint", { $0.rounded(.toNearestOrEven) }), ("sqrt", { $0.squareRoot() }), ("fabs", { $0.magnitude }),
        ("cbrt", { cbrt($0) }), ("exp", { exp($0) }), ("exp2", { exp2($0) }), ("exp10", { pow(10, $0) }),
        ("pow10", { pow(10, $0) }), ("expm1", { expm1($0) }), ("log", { log($0) }), ("log2", { log2($0) }),
        ("log10", { log10($0) }), ("log1p", { log1p($0) }), ("logb", { logb($0) }), ("sin", { sin($0) }),
        ("cos", { cos($0) }), ("tan", { tan($0) }), ("asin", { asin($0) }), ("acos", { acos($0) }),
        ("atan", { atan($0) }), ("sinh", { sinh($0) }), ("cosh", { cosh($0) }), ("tanh", { tanh($0) }),
        ("asinh", { asinh($0) }), ("acosh", { acosh($0) }), ("atanh", { atanh($0) }), ("erf", { erf($0) }),
        ("erfc", { erfc($0) }), ("gamma", { logGamma($0) }), ("lgamma", { logGamma($0) }),
        ("tgamma", { tgamma($0) }), ("j0", { j0($0) }), ("j1", { j1($0) }), ("y0", { y0($0) }), ("y1", { y1($0) }),
    ]

    private static let binary: [(String, @Sendable (Double, Double) -> Double)] = [
        ("pow", { pow($0, $1) }), ("atan2", { atan2($0, $1) }), ("fmod", { fmod($0, $1) }),
        ("hypot", { hypot($0, $1) }), ("copysign", { copysign($0, $1) }), ("fdim", { fdim($0, $1) }),
        ("fmax", { fmax($0, $1) }), ("fmin", { fmin($0, $1) }), ("remainder", { remainder($0, $1) }),
        ("drem", { remainder($0, $1) }), ("nextafter", { nextafter($0, $1) }), ("nexttoward", { nextafter($0, $1) }),
        ("ldexp", { scale($0, $1) }), ("scalb", { scale($0, $1) }), ("scalbln", { scale($0, $1) }),
        ("jn", { jn(clamped($0), $1) }), ("yn", { yn(clamped($0), $1) }),
    ]

    /// Bessel functions of a huge order would take as many steps as the order says.
    private static func clamped(_ order: Double) -> Int32 {
        order.isNaN ? 0 : Int32(max(-100_000, min(100_000, order)))
    }

    private static func scale(_ value: Double, _ exponent: Double) -> Double {
        exponent.isNaN ? .nan : scalbn(value, Int32(max(-5_000, min(5_000, exponent))))
    }

    private static func logGamma(_ value: Double) -> Double { lgamma(value) }

    static func double(_ value: JSONValue) throws(Fault) -> Double {
        guard case .number(let number) = value else { throw .message("\(ErrorText.full(value)) number required") }
        return number.double
    }
}

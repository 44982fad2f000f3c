import JSON
import Testing

@Suite("Numbers")
struct NumberTests {
    @Test(
        "a literal comes back as it was written",
        arguments: [
            "0", "-0", "-0.0", "0.0", "1", "-1", "1.0", "1.10", "100.00", "0.1", "0.0001", "0.00001", "1e5", "1E5",
            "1e+5",
            "1e-5", "1.5e300", "1e400", "-1e400", "1e-400", "9007199254740993", "9223372036854775807",
            "-9223372036854775808", "9223372036854775808", "-9223372036854775809", "18446744073709551616",
            "123456789012345678901234567890", "0.1234567890123456789", "52.37234234234234", "3.141592653589793",
            "2.2250738585072014e-308", "1e9999999999999999999999", "123456789012345.5", "0.30000000000000004",
            "999999999999999999", "1000000000000000000", "-999999999999999999", "0.000", "12345678.90",
        ])
    func exact(literal: String) throws {
        let value = try JSONValue(parsing: "[\(literal)]")
        #expect(value.serialized() == "[\(literal)]")
        #expect(JSONNumber(literal: literal)?.literal == literal)
        #expect(value[0]?.doubleValue == Double(literal))
    }

    @Test(
        "what is not a JSON number is no literal",
        arguments: ["", "-", "+1", "01", "1.", ".1", "1e", "0x1", " 1", "1 ", "nan"])
    func refusedLiteral(text: String) {
        #expect(JSONNumber(literal: text) == nil)
    }

    @Test(
        "equal values are equal, hash alike and have one canonical form, however they are written",
        arguments: [
            ["1", "1.0", "1.00", "1e0", "10e-1", "0.1e1", "100E-2"],
            ["0", "-0", "0.0", "-0.0", "0e5", "0e-99999999999999999999"],
            ["100", "1e2", "1.0e2", "100.0"], ["0.1", "0.10", "1e-1"], ["-2.5", "-25e-1", "-2.50"],
            ["123456789012345678901234567890", "12345678901234567890123456789e1", "123456789012345678901234567890.0"],
            ["9223372036854775808", "9223372036854775808.0", "9.223372036854775808e18"], ["1e400", "10e399"],
        ])
    func equal(literals: [String]) throws {
        let numbers = try literals.map { try #require(JSONNumber(literal: $0)) }
        for one in numbers {
            for other in numbers {
                #expect(one == other)
                #expect(one.hashValue == other.hashValue)
                #expect(!(one < other))
                #expect(JSONValue(one).serialized(.canonical) == JSONValue(other).serialized(.canonical))
            }
        }
    }

    @Test("numbers are ordered by exact value, beyond what a double can tell apart")
    func ordered() throws {
        let ascending = [
            "-1e401", "-1e400", "-123456789012345678901234567891", "-123456789012345678901234567890",
            "-9223372036854775809",
            "-9223372036854775808", "-1.5", "-1", "-1e-400", "0", "1e-400", "0.1", "0.10000000000000000001", "1",
            "9007199254740992", "9007199254740993", "9223372036854775807", "9223372036854775808", "1e400", "1e401",
        ].compactMap(JSONNumber.init(literal:))
        #expect(ascending.count == 20)
        for (place, one) in ascending.enumerated() {
            for (otherPlace, other) in ascending.enumerated() {
                #expect((one < other) == (place < otherPlace))
                #expect((one == other) == (place == otherPlace))
            }
        }
    }

    @Test("a double that is a whole number is written without a fraction")
    func doubles() {
        #expect(JSONValue(3.0).serialized() == "3")
        #expect(JSONValue(-0.0).serialized() == "-0")
        #expect(JSONValue(0.1).serialized() == "0.1")
        #expect(JSONValue(1e300).serialized() == "1e+300")
        #expect(JSONValue(-9007199254740991.0).serialized() == "-9007199254740991")
        #expect(JSONValue(.infinity).serialized() == "1.7976931348623157e+308")
        #expect(JSONValue(-.infinity).serialized() == "-1.7976931348623157e+308")
        #expect(JSONValue(.nan).serialized() == "null")
    }

    @Test("whole numbers are found by value, and only when they fit")
    func integers() throws {
        func int(_ literal: String) -> Int64? { JSONNumber(literal: literal)?.int64 }
        #expect(int("3") == 3)
        #expect(int("3.0") == 3)
        #expect(int("3.000") == 3)
        #expect(int("3e3") == 3000)
        #expect(int("3000e-3") == 3)
        #expect(int("3.5") == nil)
        #expect(int("3e-1") == nil)
        #expect(int("1e-400") == nil)
        #expect(int("-9223372036854775808.0") == .min)
        #expect(int("9223372036854775807.0") == .max)
        #expect(int("9223372036854775808.0") == nil)
        #expect(int("1e19") == nil)
        #expect(int("1e99999999999999") == nil)
        #expect(int("0e99999999999999") == 0)
        #expect(JSONNumber(9.2233720368547758e18).int64 == nil)
        #expect(JSONNumber(literal: "1e400")?.isInteger == true)
        #expect(JSONNumber(literal: "1.5e400")?.isInteger == true)
        #expect(JSONNumber(literal: "1.5")?.isInteger == false)
    }

    @Test(
        "divisibility is exact",
        arguments: [
            ("10", "5", true), ("7", "2", false), ("0.3", "0.1", true), ("4.5", "1.5", true),
            ("0.0075", "0.0001", true),
            ("0.00751", "0.0001", false), ("19.99", "0.01", true), ("1e308", "0.123456789", false), ("0", "3", true),
            ("1e1000", "7", false), ("1e1000", "8", true), ("7e1000", "7", true), ("-6", "-3", true),
            ("-6", "-1", true),
            ("123456789012345678901234567890", "9876543210987654321098", false),
            ("97546105778997104100877321030", "12345678901234567890", false),
            ("24691357802469135780246913578", "12345678901234567890123456789", true),
            ("12345678901234567890123456789e50", "12345678901234567890123456789", true), ("5", "0", false),
            ("1e99999999999", "64", true), ("1e99999999999", "3", false), ("-9223372036854775808", "-1", true),
        ])
    func multiples(number: String, divisor: String, expected: Bool) throws {
        let number = try #require(JSONNumber(literal: number))
        let divisor = try #require(JSONNumber(literal: divisor))
        #expect(number.isMultiple(of: divisor) == expected)
    }
}

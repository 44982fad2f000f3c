import Primitives
import Testing

@Suite struct DecimalTests {
    @Test(
        "what is not a plain decimal number is refused",
        arguments: [
            "", "-", ".", ".5", "5.", "1e3", "1,5", "+1", " 1", "0x1", "1.2.3", "--1", "1.0000000000000000001",
            "999999999999999999999999999999999999999999",
        ])
    func refused(text: String) {
        #expect(Decimal(text) == nil)
    }

    @Test(
        "a number has one form, and keeps its digits",
        arguments: [("1.50", "1.5"), ("-0.0025", "-0.0025"), ("007", "7"), ("0.000", "0"), ("-12", "-12")])
    func forms(text: String, written: String) throws {
        let number = try #require(Decimal(text))
        #expect(number.description == written)
        #expect(Decimal(written) == number)
    }

    @Test("zeros are filled up where a person expects them")
    func padded() throws {
        #expect(try #require(Decimal("5")).text(decimals: 2) == "5.00")
        #expect(try #require(Decimal("-0.5")).text(decimals: 2) == "-0.50")
        #expect(try #require(Decimal("0.0025")).text(decimals: 2) == "0.0025")
        #expect(Decimal.zero.text(decimals: 3) == "0.000")
    }

    @Test(
        "the middle goes away from zero, or to the even neighbour, as the rule says",
        arguments: [
            ("0.125", "0.13", "0.12"), ("0.135", "0.14", "0.14"), ("-0.125", "-0.13", "-0.12"),
            ("0.1249", "0.12", "0.12"),
            ("0.1251", "0.13", "0.13"), ("2", "2", "2"), ("-0.005", "-0.01", "0"),
        ])
    func rounding(text: String, up: String, even: String) throws {
        let number = try #require(Decimal(text))
        #expect(number.rounded(decimals: 2, .halfUp).description == up)
        #expect(number.rounded(decimals: 2, .halfEven).description == even)
    }

    @Test("sums and products are exact, and one that does not fit is refused")
    func arithmetic() throws {
        let tenth = try #require(Decimal("0.1"))
        let fifth = try #require(Decimal("0.2"))
        #expect(tenth.adding(fifth)?.description == "0.3")
        #expect(fifth.subtracting(tenth) == tenth)
        #expect(Decimal(.max).multiplied(by: Decimal(.max))?.description == "85070591730234615847396907784232501249")
        #expect(Decimal(significand: .max, scale: 0).adding(Decimal(1)) == nil)
        #expect(Decimal(significand: .max, scale: 0).multiplied(by: Decimal(2)) == nil)
        let tiny = Decimal(significand: 1, scale: 18)
        #expect(tiny.multiplied(by: tiny) == nil)
        #expect(tiny.multiplied(by: Decimal(1_000_000_000_000_000_000))?.description == "1")
    }

    @Test("order holds across scales, also where the numbers cannot be aligned")
    func order() throws {
        #expect(try #require(Decimal("0.9")) < Decimal(1))
        #expect(try #require(Decimal("-0.9")) > Decimal(-1))
        let huge = Decimal(significand: .max, scale: 0)
        let small = Decimal(significand: 1, scale: 18)
        #expect(small < huge)
        #expect(!(huge < small))
        #expect(Decimal(significand: .min + 1, scale: 0) < small)
    }

    @Test("money has the decimals of its currency, and is rounded once")
    func money() throws {
        let amount = try #require(Decimal("1234.565"))
        #expect(Money(amount, try #require(Currency("EUR")), rounding: .halfUp)?.description == "1234.57 EUR")
        #expect(Money(amount, try #require(Currency("JPY")), rounding: .halfUp)?.description == "1235 JPY")
        #expect(Money(amount, try #require(Currency("KWD")), rounding: .halfEven)?.description == "1234.565 KWD")
        #expect(Money(Decimal(.max), try #require(Currency("EUR")), rounding: .halfUp) == nil)
        #expect(Currency("EURO") == nil)
        #expect(Currency("eur") == nil)
    }
}

import JSON
import Testing

@Suite("Writer")
struct WriterTests {
    @Test("only what must be escaped is")
    func escapes() {
        #expect(
            JSONValue("\"\\/\u{8}\u{c}\n\r\t\u{1}\u{1f}\u{7f}é😀").serialized()
                == "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\u{7f}é😀\"")
        for length in 0..<20 {
            let text = String(repeating: "a", count: length) + "\"" + String(repeating: "é", count: length)
            #expect((try? JSONValue(parsing: JSONValue(text).serialized())) == JSONValue(text))
        }
    }

    @Test("compact, pretty and appended texts hold the same value")
    func styles() throws {
        let value: JSONValue = ["b": [1, [], [:], ["x": .null]], "a": "t", "n": -12]
        #expect(value.serialized() == #"{"b":[1,[],{},{"x":null}],"a":"t","n":-12}"#)
        #expect(
            value.serialized(.pretty) == """
                {
                  "b": [
                    1,
                    [],
                    {},
                    {
                      "x": null
                    }
                  ],
                  "a": "t",
                  "n": -12
                }
                """)
        var bytes = Array("data: ".utf8)
        value.write(into: &bytes, style: .compact)
        #expect(String(decoding: bytes, as: UTF8.self) == "data: " + value.serialized())
        #expect(value.description == value.serialized())
        #expect(try JSONValue(parsing: value.serializedBytes(.pretty)) == value)
    }

    @Test("integers of every length are written", arguments: 0..<19)
    func integers(exponent: Int) {
        let power = (0..<exponent).reduce(1 as Int64) { value, _ in value * 10 }
        for value in [power, power - 1, power &* 9, -power, -power + 1] {
            #expect(JSONValue(value).serialized() == value.description)
        }
        #expect(JSONValue(Int64.min).serialized() == "-9223372036854775808")
        #expect(JSONValue(Int64.max).serialized() == "9223372036854775807")
    }

    @Test("the canonical text sorts keys by UTF-16 and normalises numbers as RFC 8785 does")
    func canonical() throws {
        let value = try JSONValue(
            parsing:
                #"{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7,"n":{"z":1,"a":[3,2]}}"#)
        #expect(
            value.serialized(.canonical)
                == "{\"\\r\":2,\"1\":4,\"n\":{\"a\":[3,2],\"z\":1},\"\u{80}\":6,\"ö\":7,\"€\":1,\"😀\":5,\"\u{fb33}\":3}"
        )
    }

    @Test(
        "canonical numbers are those of ECMAScript",
        arguments: [
            ("333333333.33333329", "333333333.33333329"), ("1E30", "1e+30"), ("4.50", "4.5"), ("2e-3", "0.002"),
            ("0.000000000000000000000000001", "1e-27"), ("-0", "0"), ("1e21", "1e+21"),
            ("1e20", "100000000000000000000"),
            ("0.000001", "0.000001"), ("0.0000001", "1e-7"), ("123e-20", "1.23e-18"), ("-1.0", "-1"), ("100", "100"),
            ("12345678901234567890123456789", "1.2345678901234567890123456789e+28"),
            ("9007199254740993", "9007199254740993"),
        ])
    func canonicalNumbers(literal: String, expected: String) throws {
        #expect(try JSONValue(parsing: literal).serialized(.canonical) == expected)
    }
}

import JSON
import Testing

@Suite("Schema formats")
struct FormatTests {
    @Test(
        "a format is checked when it is asserted",
        arguments: [
            (
                "date-time",
                [
                    "2026-03-14T09:26:53Z", "2026-03-14t09:26:53.589+05:30", "1998-12-31T23:59:60Z",
                    "1998-12-31T15:59:60-08:00",
                ],
                [
                    "2026-03-14", "2026-02-29T00:00:00Z", "2026-03-14T24:00:00Z", "2026-03-14T09:26:53",
                    "1998-12-31T22:59:60Z", "2026-03-14 09:26:53Z", "2026-03-14T09:26:53.Z",
                ]
            ),
            (
                "date", ["2024-02-29", "2000-02-29"],
                [
                    "2023-02-29", "1900-02-29", "2026-13-01", "2026-00-10", "2026-04-31", "26-03-14", "2026-3-14",
                    "2026-03-14x", "２０２６-03-14",
                ]
            ),
            (
                "time", ["09:26:53Z", "00:00:00.1+00:00"],
                ["9:26:53Z", "09:60:00Z", "09:26:53", "09:26:53+24:00", "09:26:53+0100"]
            ),
            (
                "duration", ["P1Y2M3DT4H5M6S", "PT30M", "P2W", "P1D"],
                ["P", "PT", "1D", "P1H", "P1Y2D", "P1W2D", "P1DT", "PT1D", "P1.5D"]
            ),
            (
                "email", ["a.b@example.com", "\"a b\"@example.com", "a+b@[192.0.2.1]", "a@[IPv6:::1]"],
                [
                    "a", "@example.com", "a@", ".a@example.com", "a..b@example.com", "a b@example.com", "a@-x.com",
                    "a@[300.0.0.1]", "ä@example.com",
                ]
            ),
            ("idn-email", ["ä@bücher.example"], ["ä", "ä@", "ä@b..c"]),
            (
                "hostname", ["example.com", "a-b.c1", "xn--nxasmq6b.example"],
                ["", ".", "a.", "-a.b", "a-.b", "a_b.c", "ä.com", "ab--cd.com", "xn--X"]
            ),
            ("idn-hostname", ["bücher.example", "例え.テスト"], ["a..b", "\u{300}a", "-ä", "ä b"]),
            (
                "ipv4", ["192.0.2.1", "0.0.0.0", "255.255.255.255"],
                ["192.0.2", "192.0.2.256", "192.0.2.01", "192.0.2.1.1", "1.2.3.", "٣.0.0.1"]
            ),
            (
                "ipv6", ["::", "::1", "2001:db8::8:800:200c:417a", "1:2:3:4:5:6:7:8", "::ffff:192.0.2.1", "1::"],
                [
                    ":", ":::", "1::2::3", "12345::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "::192.0.2", "fe80::1%eth0",
                    ":1", "1:",
                ]
            ),
            (
                "uri", ["https://example.com/a?b=c#d", "urn:isbn:0451450523", "http://[::1]:8080/", "mailto:a@b.c"],
                [
                    "/a", "a b", "http://ex ample.com", "http://a/%zz", "http://[::1", "http://a:b/", "1http://a",
                    "https://ä.example",
                ]
            ),
            ("uri-reference", ["/a/b", "", "?q", "#f", "../x", "https://a"], ["a b", "\\x", "%", "1:2"]),
            ("iri", ["https://bücher.example/ä"], ["/ä", "https://a b"]), ("iri-reference", ["/ä#ö"], ["\\ä"]),
            ("uri-template", ["/{a}/{+b*}{?c,d:3}", ""], ["/{a", "/a}", "{}", "{a b}", "{a:0}", "%z"]),
            (
                "uuid", ["0197f3b2-7d8e-7c43-9b7e-2f1f3f0f8a11", "0197F3B2-7D8E-7C43-9B7E-2F1F3F0F8A11"],
                [
                    "0197f3b27d8e7c439b7e2f1f3f0f8a11", "0197f3b2-7d8e-7c43-9b7e-2f1f3f0f8a1",
                    "0197f3b2-7d8e-7c43-9b7e-2f1f3f0f8a1g",
                ]
            ),
            ("json-pointer", ["", "/a~0b/0"], ["a", "/~", "/~2", "#/a"]),
            ("relative-json-pointer", ["0", "1/a", "2#"], ["", "01", "-1", "0a", "0##"]),
            ("regex", ["^a+$", "\\p{L}"], ["(", "\\Z"]), ("no-such-format", ["anything"], []),
        ] as [(String, [String], [String])])
    func formats(name: String, good: [String], bad: [String]) throws {
        let asserting = try JSONSchema(["format": .string(name)], formatAssertion: true)
        let annotating = try JSONSchema(["format": .string(name)])
        for text in good { #expect(asserting.accepts(.string(text)), "\(text)") }
        for text in bad {
            #expect(!asserting.accepts(.string(text)), "\(text)")
            #expect(annotating.accepts(.string(text)))
        }
        #expect(asserting.accepts(7))
    }

    @Test("the message says what to write instead")
    func message() throws {
        let schema = try JSONSchema(["title": "Due", "format": "date"], formatAssertion: true)
        #expect(schema.validate("soon").map(\.message) == ["“Due” must be a date such as 2026-03-14."])
    }
}

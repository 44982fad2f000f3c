import Billing
import JSON
import Primitives
import Testing

@Suite struct PriceTermsTests {
    @Test("a price book with nothing right is told everything that is wrong")
    func allProblemsAtOnce() {
        let problem = #expect(throws: Problem.self) {
            try PriceTerms(json: [
                "name": "", "currency": "EURO", "validFrom": "2026-01-02", "rounding": "down", "flatFee": "-1",
                "minimum": "0.0000000000001", "discount": 3,
                "meters": [
                    "coffee": [:],
                    "runs": [
                        "included": -1,
                        "tiers": [["upTo": 10, "unitPrice": 1.5], ["upTo": 10], ["upTo": 5, "unitPrice": "1e3"]],
                    ],
                    "tasks": ["tiers": [["unitPrice": 1], ["unitPrice": 1]]],
                ],
            ])
        }
        #expect(
            Set(problem?.items.map(\.path) ?? []) == [
                "/discount", "/name", "/currency", "/validFrom", "/rounding", "/flatFee", "/minimum", "/meters/coffee",
                "/meters/runs/included", "/meters/runs/tiers/1/unitPrice", "/meters/runs/tiers/1/upTo",
                "/meters/runs/tiers/2/unitPrice", "/meters/runs/tiers/2/upTo", "/meters/tasks/tiers/0/upTo",
            ])
    }

    @Test("prices are read exactly, from texts and from numbers, and survive the way through JSON")
    func exactPrices() throws {
        let json: JSONValue = [
            "name": "Test", "currency": "EUR", "validFrom": "2026-01-01",
            "meters": ["runs": ["tiers": [["upTo": 5, "unitPrice": "0.1"], ["unitPrice": 0.0000001]]]],
        ]
        let parsed = try JSONValue(
            parsing: json.serialized().replacingLastPrice(with: "0.000000100"))
        let terms = try PriceTerms(json: parsed)
        #expect(terms.rates[.runs]?.tiers.map(\.unitPrice.description) == ["0.1", "0.0000001"])
        #expect(try PriceTerms(json: terms.json) == terms)
    }
}

extension String {
    fileprivate func replacingLastPrice(with price: String) -> String {
        guard let start = lastIndex(of: ":"), let end = self[start...].firstIndex(of: "}") else { return self }
        return self[...start] + price + self[end...]
    }
}

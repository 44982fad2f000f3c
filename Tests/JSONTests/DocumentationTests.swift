import JSON
import Testing

/// The example of the documentation, which must compile and do what it says.
@Suite("The documentation of JSON")
struct JSONDocumentationTests {
    @Test("has an example that works, word for word")
    func example() throws {
        var printed: [String] = []
        func print(_ items: Any...) { printed.append(items.map { "\($0)" }.joined(separator: " ")) }
        // example
        let order = try JSONValue(parsing: #"{"lot":"LOT-4711","hardness":41.50}"#)
        let schema = try JSONSchema([
            "type": "object",
            "properties": ["hardness": ["type": "number", "minimum": 45]],
            "required": ["lot"],
        ])
        for violation in schema.validate(order) {
            print(violation.instancePath, violation.message)
        }
        print(order.serialized())  // {"lot":"LOT-4711","hardness":41.50}
        // end
        #expect(printed.count == 2)
        #expect(printed.first?.hasPrefix("/hardness ") == true)
        #expect(printed.last == #"{"lot":"LOT-4711","hardness":41.50}"#)
        let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let test = String(decoding: try Files.read(root + "/Tests/JSONTests/DocumentationTests.swift"), as: UTF8.self)
        let catalogue = String(decoding: try Files.read(root + "/Sources/JSON/JSON.docc/JSON.md"), as: UTF8.self)
        let ours = test.split(separator: "// example\n")[1].split(separator: "        // end")[0]
        let theirs = catalogue.split(separator: "```swift\n")[1].split(separator: "```")[0]
        #expect(ours.replacing("\n        ", with: "\n").dropFirst(8) == theirs)
    }
}

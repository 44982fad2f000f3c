import Crypto
package import JSON
import YAML

/// A template with everything that belongs to it. Its content, and so its digest, is the three kinds of documents; what
/// it was read from (a folder, a row of the catalogue) makes no difference.
package struct TemplatePackage: Sendable {
    /// The folder's name; what people type.
    package let slug: String
    package let metadata: TemplateMetadata
    let metadataFile: YAMLFile
    let workflowFile: YAMLFile
    let testFiles: [YAMLFile]
    package let tests: [TemplateTestCase]

    /// The Open Workflow document, not yet decoded: `TemplateLint` says whether it can be.
    package var document: JSONValue { workflowFile.value }

    init(
        slug: String, metadata: TemplateMetadata, metadataFile: YAMLFile, workflowFile: YAMLFile,
        testFiles: [YAMLFile], tests: [TemplateTestCase]
    ) {
        self.slug = slug
        self.metadata = metadata
        self.metadataFile = metadataFile
        self.workflowFile = workflowFile
        self.testFiles = testFiles
        self.tests = tests
    }

    /// What is stored and named by the digest: `{"format", "slug", "template", "workflow", "tests": {file: document}}`.
    package var content: JSONValue {
        [
            "format": 1, "slug": .string(slug), "template": metadataFile.value, "workflow": workflowFile.value,
            "tests": .object(JSONObject(uniqueKeysWithValues: testFiles.map { (Self.baseName($0.name), $0.value) })),
        ]
    }

    private static func baseName(_ path: String) -> String { String(path.split(separator: "/").last ?? "") }

    /// SHA-256 of the canonical content, lower-case hex. The order of keys and the way of writing do not matter.
    package var digest: String { ContentDigest.sha256(of: content) }
}

enum ContentDigest {
    static func sha256(of value: JSONValue) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(64)
        for byte in SHA256.hash(data: value.serializedBytes(.canonical)) {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 0xF)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}

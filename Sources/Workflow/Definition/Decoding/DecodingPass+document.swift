import JSON

extension DecodingPass {
    func decodeDocument() -> Definition? {
        let keys = ["document", "input", "use", "do", "timeout", "output", "schedule", "evaluate"]
        guard let root = fields(document, "A workflow", allowed: keys, at: .root) else { return nil }
        header = decodeHeader(root)
        decodeEvaluate(root)
        readComponents(root)

        let scope = ExpressionScope(place: .definition)
        let input = dataTransform(root, "input", "from", before: scope.at(.workflowInput), after: nil)
        reserveFunctions()
        decodeExtensions(root, scope)
        var first: Int?
        if let list = root["do"] {
            first = taskList(list, "do", scope, nesting: 0, at: root.path("do"))
            if case .array(let items) = list, items.isEmpty {
                warn(.missingField, "The workflow has no tasks. Add some to do.", at: root.path("do"))
            }
        } else {
            missing("do", "A workflow", in: root)
        }
        let output = dataTransform(root, "output", "as", before: nil, after: scope.at(.workflowOutput))
        let timeout = timeout(root, scope.at(.workflowInput))
        let schedule = decodeSchedule(root)
        checkRunMetadata(root)
        decodeFunctions()
        checkUnusedComponents(scope)
        checkFunctionCycles()

        guard let header, !diagnostics.contains(where: { $0.severity == .error }) else { return nil }
        let program = Program(
            tasks: tasks.compactMap { $0 }, first: first, input: input, output: output, timeout: timeout,
            usesWorkflowArgument: usesWorkflowArgument)
        let capabilities = calledFunctions.compactMap { functions.functions[$0]?.capability }
        return Definition(
            document: document, header: header, schedule: schedule,
            inputSchema: root["input"]?["schema"]?["document"], calledFunctions: calledFunctions.sorted(),
            requiredCapabilities: Set(capabilities).sorted(),
            usedDrivers: usedDrivers.sorted { $0.rawValue < $1.rawValue }, childWorkflows: childWorkflows,
            secrets: components.secrets, secretMembers: secretMembers.mapValues { $0.sorted() }, program: program)
    }

    private func decodeHeader(_ root: Fields) -> DocumentHeader? {
        guard let value = root["document"] else {
            missing("document", "A workflow", in: root)
            return nil
        }
        let keys = ["dsl", "namespace", "name", "version", "title", "summary", "tags", "metadata"]
        guard let fields = fields(value, "document", allowed: keys, at: root.path("document")) else { return nil }
        let dsl = string(fields, "dsl", "document", isRequired: true)
        if let dsl, !dsl.hasPrefix("1.0.") || !Self.isSemanticVersion(dsl) {
            error(
                .unsupportedVersion, "DSL version \(dsl) is not supported. Use 1.0.3 (1.0.0 to 1.0.3 are read).",
                at: fields.path("dsl"))
        }
        let namespace = label(fields, "namespace")
        let name = label(fields, "name")
        let version = string(fields, "version", "document", isRequired: true)
        if let version, !Self.isSemanticVersion(version) {
            error(
                .invalidValue, "\(version) is not a semantic version. Write it like 1.0.0.", at: fields.path("version"))
        }
        for key in ["tags", "metadata"] {
            if let value = fields[key] { _ = self.fields(value, key, allowed: nil, at: fields.path(key)) }
        }
        let title = string(fields, "title", "document")
        let summary = string(fields, "summary", "document")
        guard let dsl, let namespace, let name, let version else { return nil }
        return DocumentHeader(
            dsl: dsl, namespace: namespace, name: name, version: version, title: title, summary: summary,
            tags: fields["tags"] ?? .object([:]), metadata: fields["metadata"] ?? .object([:]))
    }

    /// A namespace or name: 1 to 63 letters, digits and hyphens, no hyphen at either end.
    private func label(_ fields: Fields, _ key: String) -> String? {
        guard let text = string(fields, key, "document", isRequired: true) else { return nil }
        let isLabel =
            (1...63).contains(text.utf8.count) && text.first != "-" && text.last != "-"
            && text.utf8.allSatisfy { Self.isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
        if !isLabel {
            error(
                .invalidValue,
                "\(key) cannot be \"\(text)\". Use 1 to 63 letters, digits and hyphens, with no hyphen at either end.",
                at: fields.path(key))
        }
        return text
    }

    private func decodeEvaluate(_ root: Fields) {
        guard let value = root["evaluate"],
            let fields = fields(value, "evaluate", allowed: ["language", "mode"], at: root.path("evaluate"))
        else { return }
        if let language = string(fields, "language", "evaluate"), language != "jq" {
            error(
                .notSupported, "Expressions in \(language) are not supported. Write them in jq.",
                at: fields.path("language"))
        }
        isLoose = choice(fields, "mode", "evaluate", as: EvaluationMode.self) == .loose
    }

    private enum EvaluationMode: String, CaseIterable { case strict, loose }

    static func isSemanticVersion(_ text: String) -> Bool {
        let withoutBuild = text.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
        let parts = withoutBuild[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let numbers = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        let isNumber: (Substring) -> Bool = { text in
            !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
                && (text.count == 1 || text.first != "0")
        }
        let isIdentifiers: (Substring) -> Bool = { text in
            text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
                !part.isEmpty && part.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
            }
        }
        return numbers.count == 3 && numbers.allSatisfy(isNumber) && parts.dropFirst().allSatisfy(isIdentifiers)
            && withoutBuild.dropFirst().allSatisfy(isIdentifiers)
    }

    static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: false
        }
    }
}

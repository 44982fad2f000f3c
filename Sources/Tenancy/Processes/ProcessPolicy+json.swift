package import JSON
package import Primitives

/// The form of a policy in the API and in the audit: `{"allow": ["python"], "cpuSeconds": 10, "memoryMegabytes": 256,
/// "wallSeconds": 30}`.
extension ProcessPolicy {
    package var json: JSONValue {
        [
            "allow": .array(languageNames.map { .string($0) }), "cpuSeconds": JSONValue(cpuSeconds),
            "memoryMegabytes": JSONValue(memoryMegabytes), "wallSeconds": JSONValue(wallSeconds),
        ]
    }

    /// What is left out is as the platform has it by default.
    ///
    /// - Parameter allow: names of languages.
    /// - Throws: `Problem(.invalidParameters)` that names each mistake with its place in the form above.
    package init(
        allow: [String], cpuSeconds: Int? = nil, memoryMegabytes: Int? = nil, wallSeconds: Int? = nil
    ) throws(Problem) {
        var findings = Findings()
        var languages: Set<ProcessLanguage> = []
        for (index, name) in allow.enumerated() {
            if let language = ProcessLanguage(rawValue: name) {
                languages.insert(language)
            } else {
                let known = ProcessLanguage.allCases.map(\.rawValue).joined(separator: ", ")
                findings.add("/allow/\(index)", "Is not a language for processes; known are \(known).")
            }
        }
        self.init(languages: languages)
        self.cpuSeconds = cpuSeconds ?? self.cpuSeconds
        self.memoryMegabytes = memoryMegabytes ?? self.memoryMegabytes
        self.wallSeconds = wallSeconds ?? self.wallSeconds
        checkLimits(&findings)
        try findings.refuse("The process policy cannot be used.")
    }

    /// - Throws: `Problem(.invalidParameters)` with each limit that the platform does not grant.
    func check() throws(Problem) {
        var findings = Findings()
        checkLimits(&findings)
        try findings.refuse("The process policy cannot be used.")
    }

    private func checkLimits(_ findings: inout Findings) {
        let limits = [
            ("cpuSeconds", cpuSeconds, Self.cpuSecondsRange),
            ("memoryMegabytes", memoryMegabytes, Self.memoryMegabytesRange),
            ("wallSeconds", wallSeconds, Self.wallSecondsRange),
        ]
        for (name, value, range) in limits {
            findings.check(
                range.contains(value), "/\(name)", "Must be from \(range.lowerBound) to \(range.upperBound).")
        }
    }
}

/// A language in which a workflow may run a process of its own.
package enum ProcessLanguage: String, Sendable, Hashable, CaseIterable {
    case python, js
    /// `run: shell`: a command for `/bin/sh`.
    case shell

    /// The language of `run: script`. The specification's own examples call `js` `javascript` as well.
    package init?(script name: String) {
        switch name {
        case "python": self = .python
        case "js", "javascript": self = .js
        default: return nil
        }
    }
}

/// Which processes a plant's workflows may run, and how much each of them may use. What is not allowed is refused; a
/// plant without a policy allows nothing.
package struct ProcessPolicy: Sendable, Hashable {
    package var languages: Set<ProcessLanguage>
    /// Of one process, in seconds of processor time.
    package var cpuSeconds: Int
    /// Of one job altogether, in MiB.
    package var memoryMegabytes: Int
    /// From start to end.
    package var wallSeconds: Int

    /// What the platform grants at the most, and at the least: below it an interpreter does not start.
    package static let cpuSecondsRange = 1...60
    package static let memoryMegabytesRange = 64...1024
    package static let wallSecondsRange = 1...300

    package static let nothing = ProcessPolicy(languages: [])

    package init(
        languages: Set<ProcessLanguage>, cpuSeconds: Int = 10, memoryMegabytes: Int = 256, wallSeconds: Int = 30
    ) {
        self.languages = languages
        self.cpuSeconds = cpuSeconds
        self.memoryMegabytes = memoryMegabytes
        self.wallSeconds = wallSeconds
    }

    /// In the order in which they are declared, which is how they are shown and stored.
    package var languageNames: [String] { ProcessLanguage.allCases.filter(languages.contains).map(\.rawValue) }
}

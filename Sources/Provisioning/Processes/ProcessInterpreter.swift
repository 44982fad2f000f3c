import Primitives

#if canImport(Glibc)
    import Glibc
#endif

/// The program that runs a language, and how it is told what to run.
struct ProcessInterpreter: Sendable {
    let program: String
    /// Where the code stands in the sandbox.
    let file: String

    /// - Throws: `configuration`, when this machine does not have it.
    init(_ language: ProcessLanguage) throws(ProcessFailure) {
        let (name, ending) =
            switch language {
            case .python: ("python3", "py")
            // A module: the specification's examples import.
            case .js: ("node", "mjs")
            case .shell: ("sh", "sh")
            }
        // Only what stands under /usr is in the sandbox.
        let places = ["/usr/bin/\(name)", "/usr/local/bin/\(name)"]
        guard let program = places.first(where: { access($0, X_OK) == 0 }) else {
            throw ProcessFailure(
                .configuration, "\(name) is not installed on the machine that runs \(language.rawValue); install it")
        }
        self.program = program
        file = "/tmp/script.\(ending)"
    }

    static let variablesFile = "/tmp/arguments.json"

    /// The words of the program, before the process' own.
    /// - Parameter hasVariables: the script gets those of `variablesFile`.
    func command(_ language: ProcessLanguage, hasVariables: Bool) -> [String] {
        guard hasVariables else { return [program, file] }
        switch language {
        case .python:
            let start =
                "import json,runpy,sys; sys.argv=sys.argv[1:]; "
                + "runpy.run_path('\(file)',init_globals=json.load(open('\(Self.variablesFile)')),"
                + "run_name='__main__')"
            return [program, "-c", start, file]
        case .js:
            let start =
                "data:text/javascript,import{readFileSync}from'node:fs';"
                + "Object.assign(globalThis,JSON.parse(readFileSync('\(Self.variablesFile)','utf8')))"
            return [program, "--import", start, file]
        case .shell: return [program, file]
        }
    }
}

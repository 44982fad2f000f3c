import Subprocess

/// A small program for a sandbox in which there is nothing but libraries. A Swift toolchain has a C compiler with it.
enum CProgram {
    static func make(_ source: String, at path: String) async throws {
        let result = try await Subprocess.run(
            .name("cc"), arguments: ["-O1", "-x", "c", "-o", path, "-"], input: .string(source),
            output: .string(limit: 1 << 16), error: .combinedWithOutput)
        guard result.terminationStatus.isSuccess else {
            throw NeverHappened(description: "the program does not compile: \(result.standardOutput)")
        }
    }

    /// A program with these statements as its body.
    static func make(body: String, at path: String) async throws {
        let headers = ["signal", "stdio", "stdlib", "string", "unistd"].map { "#include <\($0).h>\n" }.joined()
        try await make(headers + "int main(void) {\n\(body)\n}\n", at: path)
    }
}

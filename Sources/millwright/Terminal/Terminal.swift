import Glibc

/// What a person reads goes to standard output, what happens meanwhile to standard error.
enum Terminal {
    static var isInteractive: Bool { isatty(STDERR_FILENO) == 1 }

    static func write(_ text: String) { emit(text, to: STDOUT_FILENO) }
    static func writeLine(_ text: String = "") { emit(text + "\n", to: STDOUT_FILENO) }
    static func writeError(_ text: String) { emit(text, to: STDERR_FILENO) }

    private static func emit(_ text: String, to descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                return  // the reader has gone
            }
            bytes = bytes.dropFirst(count)
        }
    }
}

/// Rows under headings, with columns as wide as their widest value. Numbers stand on the right.
struct TextTable {
    var headings: [String]
    var rows: [[String]] = []

    init(_ headings: String...) { self.headings = headings }

    mutating func add(_ cells: String...) { rows.append(cells) }

    var text: String {
        let all = [headings] + rows
        let widths = headings.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        let isNumeric = headings.indices.map { column in
            !rows.isEmpty && rows.allSatisfy { $0[column].allSatisfy { $0.isNumber || ".,-/% ".contains($0) } }
        }
        func line(_ cells: [String]) -> String {
            var parts: [String] = []
            for (column, cell) in cells.enumerated() {
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                parts.append(isNumeric[column] ? padding + cell : cell + padding)
            }
            return "  " + parts.joined(separator: "  ").trimmingEnd
        }
        let rule = "  " + widths.map { String(repeating: "─", count: $0) }.joined(separator: "  ")
        return ([line(headings), rule] + rows.map(line)).joined(separator: "\n")
    }
}

extension String {
    fileprivate var trimmingEnd: String {
        var text = self[...]
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}

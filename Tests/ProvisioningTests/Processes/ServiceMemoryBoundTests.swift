import Foundation
import Provisioning
import Testing

@Suite("the memory of the service is bounded by a control group")
struct ServiceMemoryBoundTests {
    private func folder(_ files: [String: String]) throws -> TestFolder {
        let folder = try TestFolder()
        for (path, text) in files {
            let whole = folder.path(path)
            try FileManager.default.createDirectory(
                atPath: (whole as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try text.write(toFile: whole, atomically: false, encoding: .utf8)
        }
        return folder
    }

    @Test("without a bound, or where nothing can be read, it is missing by name")
    func missing() throws {
        let none = try folder([
            "system.slice/memory.max": "max\n", "system.slice/millwright.service/memory.max": "max\n",
            "memory/x/memory.limit_in_bytes": "9223372036854771712\n",
        ])
        for groups in ["0::/system.slice/millwright.service\n", "4:memory:/x\n0::/\n", "", "nonsense\n"] {
            let missing = ServiceMemoryBound.missing(root: none.path, groups: groups)
            #expect(missing?.contains("MemoryMax=") == true, "\(groups)")
        }
    }

    @Test("one of its own or of a group above it will do, in either hierarchy")
    func bound() throws {
        let some = try folder([
            "own/memory.max": "1073741824\n", "above/memory.max": "1073741824\n", "above/below/memory.max": "max\n",
            "memory/old/memory.limit_in_bytes": "1073741824\n",
        ])
        for groups in ["0::/own\n", "0::/above/below\n", "4:memory:/old\n0::/\n", "3:cpu:/\n4:cpuset,memory:/old\n"] {
            #expect(ServiceMemoryBound.missing(root: some.path, groups: groups) == nil, "\(groups)")
        }
    }
}

import Foundation
import JSON
import Testing

@Suite("Replaying files with mistakes", .serialized, .timeLimit(.minutes(10)))
struct ReplayTests {
    @Test("each row that is refused is named with the line on which it begins; the others are stored once")
    func lines() async throws {
        let folder = Workspace()
        folder.write("Tenants/acme/partner.yaml", "slug: acme\nname: Acme\n")
        folder.write("Tenants/acme/works/client.yaml", "slug: works\nname: Works\n")
        folder.write("Tenants/acme/works/north.yaml", "slug: north\nname: North\ntimeZone: UTC\n")
        let applied = try await folder.millwright(["apply", "--tenants", folder.path + "/Tenants"])
        #expect(applied.status == 0, "\(applied)")
        let key = try await folder.millwright(["key", "--email", "ada@example.com", "--create-administrator"])
        let token = key.output.trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(token.hasPrefix("mw_"), "\(key)")
        try await folder.serving { address in
            func replay(_ name: String, _ text: String, _ map: String) async throws -> Workspace.Result {
                folder.write(name, text)
                return try await folder.millwright(
                    ["replay", "--server", address, "--plant", "acme/works/north", "--file", "\(folder.path)/\(name)"]
                        + ["--map", map], settings: false, environment: ["MILLWRIGHT_API_KEY": token])
            }
            let csv = """
                id,note
                1,fine
                2,"two
                lines"
                3
                4,bad type
                5,"broken"
                6,fine

                """
            let map =
                #"if .id == "5" then error("no") else {id, type: (if .id == "4" then "" else "row.read" end), data: .} end"#
            let rows = try await replay("rows.csv", csv, map)
            #expect(rows.status == 1)
            #expect(rows.output.contains("accepted 3, duplicate 0, refused 3"), "\(rows)")
            for line in ["line 5: has 1 fields where the heading has 2", "line 6: /type", "line 7: cannot be mapped"] {
                #expect(rows.output.contains(line), "missing: \(line)\n\(rows)")
            }
            let again = try await replay("rows.csv", csv, map)
            #expect(again.output.contains("accepted 0, duplicate 3, refused 3"), "\(again)")

            let array = "[\n  {\"id\": \"a\"},\n  {\"id\": [\n    1\n  ]}, {\"id\": \"]\\\"\"},\n\n  {\"id\": 7}\n]\n"
            let elements = try await replay("rows.json", array, #"{id, type: "row.read"}"#)
            #expect(elements.output.contains("accepted 2, duplicate 0, refused 2"), "\(elements)")
            #expect(elements.output.contains("line 3: /id") && elements.output.contains("line 7: /id"), "\(elements)")

            let lines = "{\"id\": \"l1\"}\n\n{broken\n{\"id\": \"l2\"}\n"
            let documents = try await replay("rows.jsonl", lines, #"{id, type: "row.read"}"#)
            #expect(documents.output.contains("accepted 2, duplicate 0, refused 1"), "\(documents)")
            #expect(documents.output.contains("line 3: is not JSON"), "\(documents)")

            for (text, expected) in [
                ("id,id\n1,2\n", "Line 1: the column “id” is there twice"),
                ("id\n\"open\n", "Line 2: a quote is opened"),
            ] {
                let refused = try await replay("bad.csv", text, #"{id, type: "row.read"}"#)
                #expect(refused.status == 2 && refused.error.contains(expected), "\(refused)")
            }
        }
    }
}

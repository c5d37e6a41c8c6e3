/// The style of a receipt's page: light and dark, on a screen and on A4.
enum ReceiptPageStyle {
    static let text = """
        :root { color-scheme: light dark; --ink: #1b1f24; --soft: #59636e; --paper: #ffffff; --panel: #f6f8fa;
          --rule: #d8dee4; --good: #1a7f37; --good-panel: #e9f7ec; --warn: #8a5a00; --warn-panel: #fff6dd;
          --bad: #c02c2c; --bad-panel: #fdecec; --live: #0b62c4; --live-panel: #e8f1fc; --accepted: #8c959f;
          --draining: #2f81f7; --triggers: #1b9e8f; --events: #8957e5; --releasing: #d4762c; }
        @media screen and (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9da7b1; --paper: #0d1117;
          --panel: #161b22; --rule: #30363d; --good: #4ac266; --good-panel: #10261a; --warn: #e0b13c;
          --warn-panel: #2a2210; --bad: #ff7b72; --bad-panel: #321417; --live: #6cb0ff; --live-panel: #11243d;
          --accepted: #7d8590; --draining: #4493f8; --triggers: #2fb8a8; --events: #ab7df8; --releasing: #e0904c; } }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--paper); color: var(--ink);
          font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; }
        main { max-width: 860px; margin: 0 auto; padding: 32px 24px 48px; }
        .over { color: var(--soft); letter-spacing: .08em; text-transform: uppercase; font-size: 12px; margin: 0; }
        h1 { font-size: 28px; line-height: 1.25; margin: 2px 0 16px; overflow-wrap: anywhere; }
        h2 { font-size: 17px; margin: 32px 0 8px; padding-bottom: 4px; border-bottom: 1px solid var(--rule); }
        h2 small { font-weight: normal; color: var(--soft); font-size: 13px; margin-left: 6px; }
        h2, h3 { break-after: avoid; }
        p { margin: 8px 0; }
        .note { color: var(--soft); font-size: 13px; }
        .verdict { border-left: 5px solid; border-radius: 4px; padding: 10px 14px; margin: 0 0 20px; }
        .verdict strong { display: block; font-size: 17px; }
        .verdict p { margin: 2px 0 0; color: var(--ink); overflow-wrap: anywhere; }
        .verdict.good { color: var(--good); background: var(--good-panel); }
        .verdict.warn { color: var(--warn); background: var(--warn-panel); }
        .verdict.bad { color: var(--bad); background: var(--bad-panel); }
        .verdict.live { color: var(--live); background: var(--live-panel); }
        dl { display: grid; grid-template-columns: max-content 1fr; gap: 3px 18px; margin: 0; }
        dt { color: var(--soft); }
        dd { margin: 0; overflow-wrap: anywhere; }
        code, pre, .id { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
          font-size: 13px; }
        .id { overflow-wrap: anywhere; }
        table { border-collapse: collapse; width: 100%; font-size: 14px; }
        thead { display: table-header-group; }
        th { text-align: left; font-weight: 600; color: var(--soft); font-size: 12px; }
        th, td { padding: 5px 12px 5px 0; vertical-align: top; border-bottom: 1px solid var(--rule);
          overflow-wrap: anywhere; }
        th:last-child, td:last-child { padding-right: 0; }
        th.num, td.num { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
        th.short, td.short { white-space: nowrap; width: 1%; padding-right: 24px; }
        tr { break-inside: avoid; }
        td .note { display: block; }
        .good { color: var(--good); } .warn { color: var(--warn); } .bad { color: var(--bad); }
        .counters { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px;
          margin: 12px 0; padding: 0; list-style: none; }
        .counters li { background: var(--panel); border-radius: 6px; padding: 8px 12px; }
        .counters b { display: block; font-size: 19px; font-variant-numeric: tabular-nums; }
        .counters span { color: var(--soft); font-size: 13px; }
        figure { margin: 8px 0; break-inside: avoid; overflow-x: auto; }
        svg { display: block; width: 100%; min-width: 600px; height: auto; }
        svg text { font-size: 12.5px; fill: var(--ink); }
        svg .axis { fill: var(--soft); font-size: 11.5px; } svg .took { font-variant-numeric: tabular-nums; }
        svg .grid { stroke: var(--rule); stroke-width: 1; }
        svg line.noreturn { stroke: var(--bad); stroke-width: 1.5; stroke-dasharray: 5 3; }
        svg line.deadline { stroke: var(--warn); stroke-width: 1.5; stroke-dasharray: 2 3; }
        svg text.noreturn { fill: var(--bad); } svg text.deadline { fill: var(--warn); }
        .p-waiting, .p-accepted { fill: var(--accepted); } .p-draining { fill: var(--draining); }
        .p-triggers { fill: var(--triggers); } .p-events { fill: var(--events); } .p-releasing { fill: var(--releasing); }
        .p-stopped { fill: var(--good); } .p-failed { fill: var(--bad); } .p-withdrawn { fill: var(--warn); }
        svg .open { opacity: .55; }
        pre { background: var(--panel); border: 1px solid var(--rule); border-radius: 6px; padding: 12px;
          margin: 8px 0; white-space: pre-wrap; overflow-wrap: anywhere; tab-size: 4; direction: ltr;
          user-select: all; -webkit-user-select: all; }
        footer { margin-top: 40px; color: var(--soft); font-size: 12px; }
        @page { size: A4; margin: 16mm 14mm; }
        @media print { body { font-size: 10.5pt; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
          main { max-width: none; padding: 0; } h1 { font-size: 20pt; } h2 { margin-top: 18pt; font-size: 13pt; }
          table, code, pre, .id { font-size: 9pt; } td .note { font-size: 8.5pt; } }
        @media (max-width: 560px) { dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: 8px; }
          main { padding: 20px 14px; } }
        """
}

"""What can be wrong with a roster: findings that name rows and grids, and never a person."""

from __future__ import annotations

from gridmap.findings import FindingKind

GRID_UNKNOWN = FindingKind(
    "roster_grid_unknown",
    "warning",
    en="{count} row(s) of the roster are for a grid that the plan does not have: {places}.",
    zh="花名册有 {count} 条记录的网格不在本方案中：{places}。",
    cure_en="Correct the code or name of the grid; keep columns of codes as text (a spreadsheet "
    "shortens long numbers).",
    cure_zh="请改正网格编码或名称；编码列须设为文本格式（长数字会被表格软件改写）。",
)
GRID_AMBIGUOUS = FindingKind(
    "roster_grid_ambiguous",
    "warning",
    en="{count} row(s) of the roster name a grid by a name that several grids have: {places}.",
    zh="花名册有 {count} 条记录的网格名称对应多个网格：{places}。",
    cure_en="Give the code of the grid, or add a column with its community.",
    cure_zh="请填写网格编码，或增加“社区”列。",
)
ROLE_UNKNOWN = FindingKind(
    "roster_role_unknown",
    "warning",
    en="{count} row(s) of the roster have a role that is none of a grid's: {places}.",
    zh="花名册有 {count} 条记录的职务不属于网格职务：{places}。",
    cure_en="The roles are grid_head, grid_worker, grid_instructor, micro_grid_worker.",
    cure_zh="职务应为网格长、网格员、网格指导员或微网格员。",
)
ROW_VACANT = FindingKind(
    "roster_row_vacant",
    "info",
    en="{count} row(s) of the roster name no person; their posts are taken for vacant.",
    zh="花名册有 {count} 条记录没有填写姓名，视为空缺。",
    cure_en="Nothing to do if the posts are vacant.",
    cure_zh="如确为空缺则无须处理。",
)
EMPLOYMENT_UNKNOWN = FindingKind(
    "roster_employment_unknown",
    "warning",
    en="{count} row(s) of the roster say neither full-time nor part-time: {places}.",
    zh="花名册有 {count} 条记录的专兼职填写有误：{places}。",
    cure_en="Write full_time or part_time.",
    cure_zh="请填写“专职”或“兼职”。",
)
DATES_WRONG = FindingKind(
    "roster_dates_wrong",
    "warning",
    en="{count} row(s) of the roster have a date that can't be read, or end before they begin; "
    "they are taken without dates: {places}.",
    zh="花名册有 {count} 条记录的日期无法识别或止早于起，按未填日期处理：{places}。",
    cure_en="Write days as 2026-07-01.",
    cure_zh="日期请写作 2026-07-01。",
)
DAY_MISSING = FindingKind(
    "roster_day_missing",
    "warning",
    en="{count} row(s) of the roster have dates, and no day was given to judge them by; all count "
    "as serving.",
    zh="花名册有 {count} 条记录填有任职日期，但未指定判断日期，均按在岗处理。",
    cure_en="Give the day: --date 2026-07-01, or match_roster(..., on=date(2026, 7, 1)).",
    cure_zh="请指定日期：--date 2026-07-01，或 match_roster(..., on=date(2026, 7, 1))。",
)
POST_EXPIRED = FindingKind(
    "roster_post_expired",
    "warning",
    en="{count} post(s) of the roster ended before {day} and are left out, of: {places}.",
    zh="花名册有 {count} 项任职在 {day} 之前已到期，不再列入，涉及：{places}。",
    cure_en="Extend the date, or enter who followed.",
    cure_zh="请更新任职日期，或填写接任人员。",
)
POST_NOT_BEGUN = FindingKind(
    "roster_post_not_begun",
    "info",
    en="{count} post(s) of the roster begin after {day} and are left out, of: {places}.",
    zh="花名册有 {count} 项任职在 {day} 之后开始，暂不列入，涉及：{places}。",
    cure_en="Nothing to do if the dates are right.",
    cure_zh="日期无误则无须处理。",
)
GRID_WITHOUT_WORKER = FindingKind(
    "grid_without_worker",
    "warning",
    en="{count} grid(s) have no grid worker: {places}.",
    zh="{count} 个网格没有网格员：{places}。",
    cure_en="Enter a worker for each in the roster.",
    cure_zh="请在花名册中为其配备网格员。",
)
GRID_WITHOUT_FULL_TIME = FindingKind(
    "grid_without_full_time_worker",
    "warning",
    en="{count} grid(s) have part-time workers only: {places}.",
    zh="{count} 个网格只有兼职网格员：{places}。",
    cure_en="Enter a full-time worker for each in the roster.",
    cure_zh="请为其配备专职网格员。",
)
EMPLOYMENT_UNSTATED = FindingKind(
    "worker_employment_unstated",
    "info",
    en="Of {count} grid(s) the roster does not say whether a worker is full-time: {places}.",
    zh="{count} 个网格的网格员未注明专职或兼职：{places}。",
    cure_en="Add the column employment (full_time or part_time).",
    cure_zh="请增加“专兼职”列。",
)
PERSON_FOR_MANY = FindingKind(
    "worker_of_many_grids",
    "warning",
    en="{people} grid worker(s) of one name serve more than one grid; the {count} grids are: "
    "{places}.",
    zh="{people} 名（按姓名计）网格员负责一个以上网格，涉及 {count} 个网格：{places}。",
    cure_en="Check whether they are different people of one name; else give each grid its own "
    "worker.",
    cure_zh="请核对是否同名不同人；否则应一格一员。",
)
MICRO_GRID_WITHOUT_WORKER = FindingKind(
    "micro_grid_without_worker",
    "warning",
    en="{count} micro-grid(s) have no worker: {places}.",
    zh="{count} 个微网格没有微网格员：{places}。",
    cure_en="Enter a worker for each in the roster.",
    cure_zh="请在花名册中为其配备微网格员。",
)
FINDING_KINDS = (
    GRID_UNKNOWN,
    GRID_AMBIGUOUS,
    ROLE_UNKNOWN,
    ROW_VACANT,
    EMPLOYMENT_UNKNOWN,
    DATES_WRONG,
    DAY_MISSING,
    POST_EXPIRED,
    POST_NOT_BEGUN,
    GRID_WITHOUT_WORKER,
    GRID_WITHOUT_FULL_TIME,
    EMPLOYMENT_UNSTATED,
    PERSON_FOR_MANY,
    MICRO_GRID_WITHOUT_WORKER,
)

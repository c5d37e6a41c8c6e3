// Writes the rows of a batch stop once more with nothing but SQLite: what the disk and the database allow at all.
//
// usage: bare_loop BEFORE.db AFTER.db WORK.db ROWS_PER_COMMIT
//
// BEFORE is a copy of the store as it was before the batch, AFTER the store behind it. WORK becomes a copy of BEFORE and then gets
// every row that AFTER has more or otherwise: the changed tasks, and new rows of each other table, ROWS_PER_COMMIT of each table
// to a commit, by prepared statements in one connection with the store's own settings. Rows are read before the clock runs.
// Prints one line of JSON fields.

#define _GNU_SOURCE
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { MAX_TABLES = 32, MAX_COLUMNS = 32, MAX_SQL = 4096 };

typedef struct {
    char name[64];
    int columns;
    char column[MAX_COLUMNS][64];
    bool updates;            // Rows of `task` exist and are changed.
    sqlite3_stmt *read;      // What AFTER has more, in the order of writing.
    sqlite3_stmt *write;
    sqlite3_value **values;  // Of one group.
    int rows;
    bool done;               // A statement that is stepped beyond its end begins anew.
} table_t;

static sqlite3 *work;
static table_t tables[MAX_TABLES];
static int table_count;

static void check(int code, const char *what) {
    if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return;
    fprintf(stderr, "%s: %s\n", what, sqlite3_errmsg(work));
    exit(1);
}

static void run(const char *sql) { check(sqlite3_exec(work, sql, NULL, NULL, NULL), sql); }

static sqlite3_stmt *prepare(const char *sql) {
    sqlite3_stmt *statement = NULL;
    check(sqlite3_prepare_v2(work, sql, -1, &statement, NULL), sql);
    return statement;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void copy_file(const char *from, const char *to) {
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    if (in == NULL || out == NULL) {
        fprintf(stderr, "%s cannot be copied to %s\n", from, to);
        exit(1);
    }
    static char block[1 << 20];
    for (size_t got; (got = fread(block, 1, sizeof block, in)) > 0;) {
        if (fwrite(block, 1, got, out) != got) exit(1);
    }
    fclose(in);
    if (fclose(out) != 0) exit(1);
}

// Finds the tables of the store and their columns; `meta` is one row that each commit rewrites.
static void find_tables(void) {
    sqlite3_stmt *names = prepare(
        "SELECT name FROM after.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'meta' "
        "ORDER BY name");
    while (sqlite3_step(names) == SQLITE_ROW && table_count < MAX_TABLES) {
        table_t *table = &tables[table_count++];
        snprintf(table->name, sizeof table->name, "%s", (const char *)sqlite3_column_text(names, 0));
        table->updates = strcmp(table->name, "task") == 0;
        sqlite3_stmt *columns = prepare("SELECT name FROM pragma_table_info(?)");
        sqlite3_bind_text(columns, 1, table->name, -1, SQLITE_STATIC);
        while (sqlite3_step(columns) == SQLITE_ROW && table->columns < MAX_COLUMNS) {
            snprintf(table->column[table->columns++], 64, "%s", (const char *)sqlite3_column_text(columns, 0));
        }
        sqlite3_finalize(columns);
    }
    sqlite3_finalize(names);
}

// What AFTER has that BEFORE has not: rows behind the last one, or, of tasks, those with a later revision.
static void prepare_table(table_t *table) {
    char read[MAX_SQL], write[MAX_SQL], list[MAX_SQL] = "";
    const char *key = table->column[0];
    if (table->updates) {
        snprintf(
            read, sizeof read,
            "SELECT * FROM after.task WHERE revision > (SELECT revision FROM before.meta) ORDER BY revision, n");
        for (int i = 1; i < table->columns; i++) {
            size_t used = strlen(list);
            snprintf(list + used, sizeof list - used, "%s%s = ?%d", i > 1 ? ", " : "", table->column[i], i + 1);
        }
        snprintf(write, sizeof write, "UPDATE main.task SET %s WHERE n = ?1", list);
    } else {
        bool text_key = strcmp(table->name, "batch_page") == 0 || strcmp(table->name, "batch") == 0;
        if (text_key) {
            snprintf(read, sizeof read, "SELECT * FROM after.%s ORDER BY 1, 2", table->name);
        } else {
            snprintf(
                read, sizeof read,
                "SELECT * FROM after.%s WHERE %s > (SELECT coalesce(max(%s), 0) FROM before.%s) ORDER BY 1, 2",
                table->name, key, key, table->name);
        }
        for (int i = 0; i < table->columns; i++) {
            size_t used = strlen(list);
            snprintf(list + used, sizeof list - used, "%s?%d", i > 0 ? ", " : "", i + 1);
        }
        snprintf(write, sizeof write, "INSERT OR REPLACE INTO main.%s VALUES (%s)", table->name, list);
    }
    table->read = prepare(read);
    table->write = prepare(write);
}

static void load_group(table_t *table, int limit) {
    table->rows = 0;
    while (table->rows < limit && !table->done) {
        if (sqlite3_step(table->read) != SQLITE_ROW) {
            table->done = true;
            break;
        }
        for (int i = 0; i < table->columns; i++) {
            table->values[table->rows * table->columns + i] = sqlite3_value_dup(sqlite3_column_value(table->read, i));
        }
        table->rows++;
    }
}

static void write_group(table_t *table) {
    for (int row = 0; row < table->rows; row++) {
        for (int i = 0; i < table->columns; i++) {
            check(sqlite3_bind_value(table->write, i + 1, table->values[row * table->columns + i]), table->name);
        }
        check(sqlite3_step(table->write), table->name);
        check(sqlite3_reset(table->write), table->name);
    }
}

static void free_group(table_t *table) {
    for (int i = 0; i < table->rows * table->columns; i++) sqlite3_value_free(table->values[i]);
}

int main(int argc, char **argv) {
    int limit = argc == 5 ? atoi(argv[4]) : 0;
    if (limit < 1 || limit > 100000) {
        fprintf(stderr, "usage: bare_loop BEFORE.db AFTER.db WORK.db ROWS_PER_COMMIT\n");
        return 64;
    }
    copy_file(argv[1], argv[3]);
    check(sqlite3_open(argv[3], &work), "open");
    run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY");
    char sql[MAX_SQL];
    for (int i = 0; i < 2; i++) {
        snprintf(sql, sizeof sql, "ATTACH '%s' AS %s", argv[1 + i], i == 0 ? "before" : "after");
        run(sql);
    }
    find_tables();
    for (int i = 0; i < table_count; i++) {
        prepare_table(&tables[i]);
        tables[i].values = calloc((size_t)limit * (size_t)tables[i].columns, sizeof(sqlite3_value *));
    }
    sqlite3_stmt *meta = prepare("UPDATE main.meta SET revision = revision + 1");
    double seconds = 0;
    long rows = 0, tasks = 0, commits = 0;
    for (;;) {
        int loaded = 0;
        for (int i = 0; i < table_count; i++) {
            // A page holds the items of a whole group.
            load_group(&tables[i], strcmp(tables[i].name, "batch_page") == 0 ? 1 : limit);
            loaded += tables[i].rows;
            if (tables[i].updates) tasks += tables[i].rows;
        }
        if (loaded == 0) break;
        double begin = now();
        run("BEGIN IMMEDIATE");
        for (int i = 0; i < table_count; i++) write_group(&tables[i]);
        check(sqlite3_step(meta), "meta");
        check(sqlite3_reset(meta), "meta");
        run("COMMIT");
        seconds += now() - begin;
        rows += loaded;
        commits++;
        for (int i = 0; i < table_count; i++) free_group(&tables[i]);
    }
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("\"tasks\":%ld,\"rows\":%ld,\"commits\":%ld,\"seconds\":%.3f\n", tasks, rows, commits, seconds);
    return 0;
}

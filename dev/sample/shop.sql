-- The project's own sample: foreign keys with cascades, triggers, events, views, routines and every common type.
SET NAMES utf8mb4;
CREATE DATABASE shop CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci;
USE shop;

CREATE TABLE customers (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  email VARCHAR(190) NOT NULL,
  name VARCHAR(120) CHARACTER SET latin1 NOT NULL,
  born DATE NULL,
  credit DECIMAL(12,2) NOT NULL DEFAULT 0,
  created_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
  updated_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  UNIQUE KEY email (email)
);

CREATE TABLE addresses (
  customer_id INT UNSIGNED NOT NULL,
  kind ENUM('home','work','other') NOT NULL,
  street VARCHAR(200) NOT NULL,
  city VARCHAR(80) NOT NULL,
  PRIMARY KEY (customer_id, kind),
  CONSTRAINT address_customer FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE CASCADE ON UPDATE CASCADE
);

CREATE TABLE products (
  sku CHAR(12) NOT NULL PRIMARY KEY,
  title VARCHAR(200) NOT NULL,
  tags SET('new','sale','heavy','fragile') NOT NULL DEFAULT '',
  price DECIMAL(10,2) NOT NULL,
  stock INT NOT NULL DEFAULT 0,
  details JSON NULL,
  weight FLOAT NULL,
  parent_sku CHAR(12) NULL,
  price_with_tax DECIMAL(12,4) AS (price * 1.19) PERSISTENT,
  CONSTRAINT product_parent FOREIGN KEY (parent_sku) REFERENCES products (sku) ON DELETE SET NULL
);

CREATE TABLE orders (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  customer_id INT UNSIGNED NOT NULL,
  placed_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  status ENUM('open','paid','shipped','returned') NOT NULL DEFAULT 'open',
  total DECIMAL(14,2) NOT NULL DEFAULT 0,
  note TEXT NULL,
  KEY customer (customer_id),
  CONSTRAINT order_customer FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE CASCADE
);

CREATE TABLE order_lines (
  order_id BIGINT UNSIGNED NOT NULL,
  line TINYINT UNSIGNED NOT NULL,
  sku CHAR(12) NOT NULL,
  quantity SMALLINT NOT NULL,
  price DECIMAL(10,2) NOT NULL,
  PRIMARY KEY (order_id, line),
  CONSTRAINT line_order FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE,
  CONSTRAINT line_product FOREIGN KEY (sku) REFERENCES products (sku)
);

-- A journal without any key: rows may be equal.
CREATE TABLE journal (
  at_second INT NOT NULL,
  what VARCHAR(40) NOT NULL,
  amount INT NULL
);

CREATE TABLE every_type (
  id INT NOT NULL PRIMARY KEY,
  a_tiny TINYINT, a_utiny TINYINT UNSIGNED, a_small SMALLINT, a_medium MEDIUMINT, a_umedium MEDIUMINT UNSIGNED,
  an_int INT, a_uint INT UNSIGNED, a_big BIGINT, a_ubig BIGINT UNSIGNED, a_bool BOOL,
  a_decimal DECIMAL(65,30), a_float FLOAT, a_double DOUBLE, a_bit BIT(64),
  a_date DATE, a_time TIME, a_time6 TIME(6), a_datetime DATETIME, a_datetime6 DATETIME(6),
  a_timestamp TIMESTAMP NULL, a_timestamp6 TIMESTAMP(6) NULL, a_year YEAR,
  a_char CHAR(20), a_varchar VARCHAR(300), a_latin VARCHAR(50) CHARACTER SET latin1,
  a_binary BINARY(16), a_varbinary VARBINARY(200), a_tinyblob TINYBLOB, a_blob BLOB, a_mediumblob MEDIUMBLOB,
  a_longblob LONGBLOB, a_tinytext TINYTEXT, a_text TEXT, a_mediumtext MEDIUMTEXT, a_longtext LONGTEXT,
  an_enum ENUM('small','medium','large'), a_set SET('a','b','c','d'), a_json JSON, a_uuid UUID, an_inet6 INET6,
  a_point POINT
);

CREATE TABLE totals (
  day DATE NOT NULL PRIMARY KEY,
  orders INT NOT NULL,
  taken DECIMAL(16,2) NOT NULL
);

CREATE VIEW open_orders AS
  SELECT o.id, c.email, o.total FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.status = 'open';
CREATE VIEW big_open_orders AS SELECT * FROM open_orders WHERE total > 100;

DELIMITER //
CREATE FUNCTION with_tax(amount DECIMAL(14,2)) RETURNS DECIMAL(14,2) DETERMINISTIC
  RETURN ROUND(amount * 1.19, 2)//

CREATE TRIGGER line_added AFTER INSERT ON order_lines FOR EACH ROW
BEGIN
  UPDATE orders SET total = total + NEW.quantity * NEW.price WHERE id = NEW.order_id;
  UPDATE products SET stock = stock - NEW.quantity WHERE sku = NEW.sku;
END//

CREATE TRIGGER line_journal AFTER INSERT ON order_lines FOR EACH ROW FOLLOWS line_added
  INSERT INTO journal VALUES (UNIX_TIMESTAMP(), 'line', NEW.quantity)//

CREATE TRIGGER customer_mail BEFORE UPDATE ON customers FOR EACH ROW
  SET NEW.email = LOWER(NEW.email)//

CREATE TRIGGER order_removed AFTER DELETE ON orders FOR EACH ROW
  INSERT INTO journal VALUES (UNIX_TIMESTAMP(), 'order removed', NULL)//

CREATE PROCEDURE place_order(IN who INT UNSIGNED, IN many TINYINT UNSIGNED)
BEGIN
  DECLARE made BIGINT UNSIGNED;
  DECLARE n TINYINT UNSIGNED DEFAULT 1;
  DECLARE what CHAR(12);
  DECLARE cost DECIMAL(10,2);
  START TRANSACTION;
  INSERT INTO orders (customer_id, note) VALUES (who, CONCAT('ordered by ', who));
  SET made = LAST_INSERT_ID();
  WHILE n <= many DO
    SET what = CONCAT('SKU', LPAD(1 + FLOOR(RAND() * 500), 6, '0'));
    SELECT price INTO cost FROM products WHERE sku = what;
    INSERT INTO order_lines VALUES (made, n, what, 1 + FLOOR(RAND() * 5), cost);
    SET n = n + 1;
  END WHILE;
  COMMIT;
END//

CREATE EVENT count_the_day ON SCHEDULE EVERY 2 SECOND DO
  INSERT INTO totals SELECT CURDATE(), COUNT(*), COALESCE(SUM(total), 0) FROM orders
    ON DUPLICATE KEY UPDATE orders = VALUES(orders), taken = VALUES(taken)//

CREATE EVENT tidy_journal ON SCHEDULE EVERY 1 DAY DISABLE DO
  DELETE FROM journal WHERE at_second < UNIX_TIMESTAMP() - 30 * 86400//
DELIMITER ;

INSERT INTO customers (email, name, born, credit)
  SELECT CONCAT('customer', seq, '@example.com'), CONCAT('Müller ', seq), DATE_ADD('1950-01-01', INTERVAL seq DAY), seq / 4
  FROM seq_1_to_5000;
INSERT INTO addresses SELECT id, 'home', CONCAT(id, ' High Street'), 'Springfield' FROM customers;
INSERT INTO products (sku, title, tags, price, stock, details, weight)
  SELECT CONCAT('SKU', LPAD(seq, 6, '0')), CONCAT('Product № ', seq, ' 🙂'), 'new,sale', 1 + seq / 7, 100000,
         JSON_OBJECT('colour', ELT(1 + seq % 3, 'red', 'green', 'blue'), 'size', seq), seq / 3
  FROM seq_1_to_500;
UPDATE products SET parent_sku = 'SKU000001' WHERE sku > 'SKU000400';
INSERT INTO orders (customer_id, placed_at, status, total, note)
  SELECT 1 + seq % 5000, DATE_ADD('2024-01-01', INTERVAL seq MINUTE), ELT(1 + seq % 4, 'open', 'paid', 'shipped', 'returned'),
         0, IF(seq % 5, NULL, REPEAT('a note\twith a tab\nand a line ', 3))
  FROM seq_1_to_50000;
INSERT INTO order_lines SELECT seq, 1, CONCAT('SKU', LPAD(1 + seq % 500, 6, '0')), 1 + seq % 4, 9.99 FROM seq_1_to_50000;

INSERT INTO every_type (id) VALUES (1);
INSERT INTO every_type VALUES
 (2, -128, 255, -32768, -8388608, 16777215, -2147483648, 4294967295, -9223372036854775808, 18446744073709551615, TRUE,
  -12345678901234567890123456789012345.123456789012345678901234567890, 1.1, -2.5e300, b'1000000000000000000000000000000000000000000000000000000000000001',
  '2024-02-29', '-838:59:59', '-00:00:00.000001', '9999-12-31 23:59:59', '1000-01-01 00:00:00.999999',
  '2038-01-19 03:14:07', '1970-01-01 00:00:01.000001', 1901,
  'char é 🙂', 'tab\tnewline\nbackslash\\ quote'' zero\0 end', 'latin ÿ',
  X'000102030405060708090A0B0C0D0E0F', X'FF00FE', 'tiny', X'00DEADBEEF', REPEAT('m', 70000), REPEAT(X'0A09', 100000),
  'tiny text', 'text', REPEAT('é', 20000), REPEAT('long ', 50000), 'large', 'a,c', '{"a": [1, 2, {"b": null}]}',
  '123e4567-e89b-12d3-a456-426614174000', '2001:db8::ff00:42:8329', POINT(1.5, -2.25)),
 (3, 0, 0, 0, 0, 0, 0, 0, 0, 0, FALSE, 0, 0, 0, 0, '0001-01-01', '00:00:00', '00:00:00', '0001-01-01 00:00:00',
  '0001-01-01 00:00:00', NULL, NULL, 0, '', '', '', '', '', '', '', '', '', '', '', '', '', 'small', '', 'null',
  '00000000-0000-0000-0000-000000000000', '::', NULL);
